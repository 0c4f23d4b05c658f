"""The words that all features of the API share: what is asked, what is answered, pages, times."""

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from bot.services.ports import Page
from bot.web.problems import field_problem

DEFAULT_PAGE = 50
LARGEST_PAGE = 200
LONGEST_ID = 300
LONGEST_CURSOR = 6000
"""A cursor may carry the id of a conversation, which the REST channel lets its caller choose."""


class Asked(BaseModel):
    """All that a request says, as one model.

    A field that the path names is read from the path, `body` is the JSON body, a field that
    bot.web.api.endpoint.HEADERS names is a header, and every other field is a query parameter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What an endpoint answers; every member is always there."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )
    content_type: ClassVar[str] = "application/json"
    headers: ClassVar[Mapping[str, str]] = {}

    def written(self) -> bytes:
        """The body of the answer."""
        return self.model_dump_json(by_alias=True).encode()


class FieldErrorAnswer(Answer):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemAnswer(Answer):
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorAnswer]


def _digits(value: object) -> object:
    """A number as a query writes it; what is none is left to be refused."""
    plain = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10
    return int(str(value)) if plain else value


def _plus(value: object) -> object:
    # In a query + stands for a space, and addresses with numbers are written by hand.
    return value.replace(" ", "+") if isinstance(value, str) else value


def whole(value: object) -> object:
    """A whole number in a body: JSON does not tell 5.0 from 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# No database column takes a NUL.
def _written_out(value: Any) -> datetime:
    """A bare number would be read as seconds since 1970, which the document does not offer."""
    try:
        return datetime.fromisoformat(value) if "T" in value.upper() else _no_moment()
    except (AttributeError, ValueError):
        return _no_moment()


def _no_moment() -> datetime:
    raise PydanticCustomError("moment", "Write a time such as 2026-03-05T09:00:00Z")


Word = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\u0000]+$")
]
Address = Annotated[Word, Field(examples=["sms:+15550001"]), BeforeValidator(_plus)]
Limit = Annotated[
    int,
    Field(ge=1, le=LARGEST_PAGE, description="How many to list at most"),
    BeforeValidator(_digits),
]
Cursor = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_CURSOR),
    Field(description="The `next_cursor` of the page before"),
]
Moment = Annotated[
    AwareDatetime,
    Field(description="A time with its offset from UTC", examples=["2026-03-05T09:00:00Z"]),
    BeforeValidator(_written_out),
]
Json = dict[str, Any]


class ById(Asked):
    """One thing by its id."""

    id: Word


class Listing(Asked):
    """One page of a listing."""

    limit: Limit = DEFAULT_PAGE
    cursor: Cursor | None = None


def time_of(at: float) -> datetime:
    """Unix seconds as a time in UTC."""
    return datetime.fromtimestamp(at, UTC)


def maybe_time(at: float | None) -> datetime | None:
    """The same for a time that may be missing."""
    return None if at is None else time_of(at)


async def page_from(listing: Awaitable[Page], cursor: str | None) -> Page:
    """The page; a Problem that names `cursor` where that is none of ours."""
    try:
        return await listing
    except (ValueError, RecursionError) as error:
        if cursor is None:
            raise
        raise field_problem("cursor", "is not one that this listing gave") from error
