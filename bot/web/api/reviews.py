"""Reviews: messages that were read badly, and what a person says they mean."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.domain.reviews import Reason, Review, ReviewStatus
from bot.services.reviews import IntentRefused, ReviewDecided, Reviews, ReviewUnknown
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import (
    Answer,
    Asked,
    ById,
    Listing,
    Word,
    maybe_time,
    page_from,
    time_of,
)
from bot.web.problems import Problem, field_problem

READ, WRITE = "nlu:read", "nlu:write"
IntentName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\W\d][\w.+-]*(/[\w.+-]+)?$"),
    Field(examples=["affirm"]),
]


class ReviewListing(Listing):
    """One page of reviews; those in a status. The first page looks for new ones before."""

    status: ReviewStatus | None = None


class RankedIntent(Answer):
    """An intent, and how likely the model found it."""

    name: str
    confidence: float


class ReviewAnswer(Answer):
    """A text to be labelled, without personal data. `guess` is what it may mean.

    `state` is where the flow stood and `asked` what was said before it; `intent` is what it was
    accepted as.
    """

    id: str
    text: str
    status: ReviewStatus
    reason: Reason
    count: int
    guess: str | None
    intent_ranking: list[RankedIntent]
    flow: str | None
    state: str | None
    asked: str
    intent: str | None
    first_at: datetime
    last_at: datetime
    decided_at: datetime | None


class ReviewPage(Answer):
    """Reviews, the latest first seen first."""

    items: list[ReviewAnswer]
    next_cursor: str | None


class DecisionBody(BaseModel):
    """What the text is: an example of `intent` (of its guess where none is given), or of nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    decision: Literal["accept", "reject"]
    intent: IntentName | None = None


class ReviewDecision(Asked):
    """A decision on one review."""

    id: Word
    body: DecisionBody


@endpoint("GET", "/nlu/reviews", scope=READ, asked=ReviewListing, answer=ReviewPage)
async def list_reviews(context: ApiContext, asked: ReviewListing) -> ReviewPage:
    """List messages that were read badly, the latest first."""
    listing = _reviews(context).page(asked.limit, asked.cursor, asked.status)
    page = await page_from(listing, asked.cursor)
    return ReviewPage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


@endpoint("GET", "/nlu/reviews/{id}", scope=READ, asked=ById, answer=ReviewAnswer)
async def get_review(context: ApiContext, asked: ById) -> ReviewAnswer:
    """Get a message that was read badly."""
    try:
        return _shown(await _reviews(context).get(asked.id))
    except ReviewUnknown:
        raise _unknown() from None


@endpoint("POST", "/nlu/reviews/{id}", scope=WRITE, asked=ReviewDecision, answer=ReviewAnswer)
async def decide_review(context: ApiContext, asked: ReviewDecision) -> ReviewAnswer:
    """Decide what a message means; accepted, it becomes an example of the training data."""
    reviews, body = _reviews(context), asked.body
    try:
        if body.decision == "reject":
            return _shown(await reviews.reject(asked.id))
        return _shown(await reviews.accept(asked.id, body.intent))
    except ReviewUnknown:
        raise _unknown() from None
    except ReviewDecided:
        raise Problem(409, "The review is decided already") from None
    except IntentRefused as error:
        raise field_problem("intent", str(error)) from error
    except ValueError as error:
        raise field_problem("id", str(error)) from error
    except OSError as error:
        raise Problem(503, f"The training data cannot be written: {error.strerror}") from error


def _reviews(context: ApiContext) -> Reviews:
    if context.reviews is None:
        raise Problem(503, "Reviews are not served here")
    return context.reviews


def _unknown() -> Problem:
    return Problem(404, "There is no review with this id")


def _shown(it: Review) -> ReviewAnswer:
    return ReviewAnswer(
        id=it.id,
        text=it.text,
        status=it.status,
        reason=it.reason,
        count=it.count,
        guess=it.guess,
        intent_ranking=[RankedIntent(name=name, confidence=share) for name, share in it.ranking],
        flow=it.flow,
        state=it.state,
        asked=it.asked,
        intent=it.intent,
        first_at=time_of(it.first_at),
        last_at=time_of(it.last_at),
        decided_at=maybe_time(it.decided_at),
    )


ENDPOINTS = (list_reviews, get_review, decide_review)
