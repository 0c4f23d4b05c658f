"""Messages that were read badly, kept without personal data until a person says what they mean."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ReviewStatus = Literal["pending", "accepted", "rejected"]
Reason = Literal["unsure", "reprompted", "opted_out", "handed_over"]
"""Why it is asked about: no intent was likely enough; the flow did not understand the reply, and
understood the next one; or the contact left, or asked for a person, right after it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message that was read badly, with nothing in it that tells who wrote it.

    `event_id` is the event of its receipt: the same message is never counted twice. `ranking` is
    what the model made of it, as (intent, confidence). `guess` is what it may mean.
    """

    event_id: str
    at: float
    text: str
    reason: Reason
    guess: str | None = None
    ranking: tuple[tuple[str, float], ...] = ()
    flow: str | None = None
    state: str | None = None
    asked: str = ""

    @property
    def review_id(self) -> str:
        """Messages of one text are one review."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Review:
    """A text to be labelled, as it was first seen; `count` says how many messages read so.

    `intent` is what it was accepted as; None while it is pending, and where it was rejected.
    """

    id: str
    text: str
    status: ReviewStatus
    reason: Reason
    count: int
    first_at: float
    last_at: float
    guess: str | None = None
    ranking: tuple[tuple[str, float], ...] = ()
    flow: str | None = None
    state: str | None = None
    asked: str = ""
    intent: str | None = None
    decided_at: float | None = None

    @property
    def reading(self) -> Mapping[str, Any]:
        """What the store keeps as one JSON value."""
        return {
            "guess": self.guess,
            "ranking": [list(pair) for pair in self.ranking],
            "flow": self.flow,
            "state": self.state,
            "asked": self.asked,
        }


def reading_parts(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a review that `Review.reading` wrote."""
    ranking = tuple((str(name), float(share)) for name, share in value.get("ranking", ()))
    return {
        "guess": value.get("guess"),
        "ranking": ranking,
        "flow": value.get("flow"),
        "state": value.get("state"),
        "asked": str(value.get("asked") or ""),
    }


def first_review(seen: Sighting) -> Review:
    """The review that a sighting begins."""
    return Review(
        id=seen.review_id,
        text=seen.text,
        status="pending",
        reason=seen.reason,
        count=0,
        first_at=seen.at,
        last_at=seen.at,
        guess=seen.guess,
        ranking=seen.ranking,
        flow=seen.flow,
        state=seen.state,
        asked=seen.asked,
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of a review. `intent` is None where it is no example of anything."""

    review_id: str
    status: Literal["accepted", "rejected"]
    at: float
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What was found in the log, and up to where it was read."""

    sightings: tuple[Sighting, ...]
    place: str | None = field(default=None)
