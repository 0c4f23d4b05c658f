"""Versions of flows: on which of them sessions run, and how they are left behind."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.services.versions import Moves, StateUnknown, VersionInUse, Versions, VersionUnknown
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Word, maybe_time, whole
from bot.web.problems import FieldError, Problem

READ, WRITE = "flows:read", "flows:write"
MOST_AT_ONCE = 10_000


def _flag(value: object) -> object:
    """A yes or no as a query writes it; what is neither is left to be refused."""
    return {"true": True, "false": False}.get(str(value), value)


class VersionsOfFlow(Asked):
    """A flow by its name."""

    name: Word


class VersionAnswer(Answer):
    """A version with its live sessions by state. `retired`: no new session starts on it."""

    version: str
    published_at: datetime | None
    current: bool
    standing: Literal["current", "retired", "unused"]
    live_sessions: int
    states: dict[str, int]


class VersionList(Answer):
    """The versions of a flow: the current one first, then the latest."""

    name: str
    items: list[VersionAnswer]


class MigrationBody(BaseModel):
    """Where the sessions go. `states` gives the new state's name by the old one, where they differ."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    to: Word = "current"
    states: dict[str, str] = Field(default_factory=dict)
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE), BeforeValidator(whole)] = 1000


class Migration(Asked):
    """A migration of the sessions of one version."""

    name: Word
    version: Word
    body: MigrationBody


class Removal(Asked):
    """A version that is to be forgotten; with `force` its sessions end before."""

    name: Word
    version: Word
    force: Annotated[bool, BeforeValidator(_flag)] = False


class MovesAnswer(Answer):
    """How many sessions were moved or have ended, and how many live ones are `left` on the version.

    `ended_sessions` are ids, at most 100: all are found by `ended_because=state_gone`.
    """

    moved: int
    ended: int
    timers_cancelled: int
    left: int
    ended_sessions: list[str]


@endpoint("GET", "/flows/{name}/versions", scope=READ, asked=VersionsOfFlow, answer=VersionList)
async def list_versions(context: ApiContext, asked: VersionsOfFlow) -> VersionList:
    """List a flow's versions, and how many sessions run on each."""
    try:
        found = await _versions(context).list(asked.name)
    except VersionUnknown:
        raise Problem(404, "There is no flow with this name") from None
    return VersionList(
        name=asked.name,
        items=[
            VersionAnswer(
                version=it.version,
                published_at=maybe_time(it.published_at),
                current=it.standing == "current",
                standing=it.standing,
                live_sessions=sum(it.states.values()),
                states=dict(it.states),
            )
            for it in found
        ],
    )


@endpoint(
    "POST",
    "/flows/{name}/versions/{version}/migrate",
    scope=WRITE,
    asked=Migration,
    answer=MovesAnswer,
)
async def migrate_version(context: ApiContext, asked: Migration) -> MovesAnswer:
    """Move the live sessions of a version to another one.

    Sessions whose state does not exist there end politely. While `left` is not 0, ask again: what was
    moved is not touched twice.
    """
    body = asked.body
    try:
        moves = await _versions(context).migrate(
            asked.name, asked.version, body.to, body.states, body.limit
        )
    except VersionUnknown as error:
        if error.args == (body.to,):
            reason = "is no other version of this flow that can be read"
            raise Problem(404, f"to: {reason}", [FieldError("to", reason)]) from None
        raise _unknown() from None
    except StateUnknown as error:
        raise Problem(409, f"states: {error}", [FieldError("states", str(error))]) from None
    return _shown(moves)


@endpoint(
    "DELETE", "/flows/{name}/versions/{version}", scope=WRITE, asked=Removal, answer=MovesAnswer
)
async def delete_version(context: ApiContext, asked: Removal) -> MovesAnswer:
    """Forget a version on which no session runs; with `force` its sessions end politely before.

    While `left` is not 0, ask again: the version stays until its last session is over.
    """
    try:
        moves = await _versions(context).remove(
            asked.name, asked.version, force=asked.force, limit=MOST_AT_ONCE
        )
    except VersionUnknown:
        raise _unknown() from None
    except VersionInUse as error:
        raise Problem(409, f"The version cannot be deleted: {error}") from None
    return _shown(moves)


def _versions(context: ApiContext) -> Versions:
    if context.versions is None:
        raise Problem(503, "Versions are not served here")
    return context.versions


def _unknown() -> Problem:
    return Problem(404, "There is no such version of this flow")


def _shown(it: Moves) -> MovesAnswer:
    return MovesAnswer(
        moved=it.moved,
        ended=it.ended,
        timers_cancelled=it.timers_cancelled,
        left=it.left,
        ended_sessions=it.ended_sessions,
    )


ENDPOINTS = (list_versions, migrate_version, delete_version)
