"""Global values: what all flows share, edited while they run."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from bot.domain.publications import Globals, Publication
from bot.engine.findings import DefinitionInvalid
from bot.engine.shared_values import MOST
from bot.services.publishing import GlobalsMoved, Publishing, Values
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Json, Listing, maybe_time, page_from, whole
from bot.web.problems import FieldError, Problem

READ, WRITE = "globals:read", "globals:write"
Version = Annotated[
    int,
    Field(
        ge=0,
        description="The version that is to be changed; without it, whichever is current",
    ),
    BeforeValidator(whole),
]
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
Name = Annotated[str, StringConstraints(max_length=100, pattern=_NAME)]
Named = Annotated[
    dict[Name, Any],
    Field(max_length=MOST),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"maxLength": 100, "pattern": _NAME},
            "maxProperties": MOST,
            "examples": [{"open": True}],
        }
    ),
]


class CurrentGlobals(Asked):
    """Nothing: there is one set of values."""


class GlobalsAnswer(Answer):
    """The values in their newest version; `source` says who changed them last. Version 0: none yet."""

    version: int
    values: Json
    source: Literal["file", "api"]
    changed_at: datetime | None


class GlobalsBody(BaseModel):
    """All values."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    values: Named
    version: Version | None = None


class GlobalsPutting(Asked):
    """All values anew."""

    body: GlobalsBody


class GlobalsChangeBody(BaseModel):
    """Values that are to be set, and names that are to be removed; others stay."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    set: Named = Field(default_factory=dict)
    remove: list[str] = Field(default_factory=list)
    version: Version | None = None


class GlobalsChange(Asked):
    """A change of some values."""

    body: GlobalsChangeBody


class GlobalsListing(Listing):
    """One page of the history."""


class GlobalsPage(Answer):
    """The versions that are kept, newest first."""

    items: list[GlobalsAnswer]
    next_cursor: str | None


@endpoint("GET", "/globals", scope=READ, asked=CurrentGlobals, answer=GlobalsAnswer)
async def get_globals(context: ApiContext, asked: CurrentGlobals) -> GlobalsAnswer:
    """Get the global values."""
    newest = await context.store.newest_publication()
    return _shown(newest.shared if newest else Globals())


@endpoint("PUT", "/globals", scope=WRITE, asked=GlobalsPutting, answer=GlobalsAnswer)
async def put_globals(context: ApiContext, asked: GlobalsPutting) -> GlobalsAnswer:
    """Replace all global values; 409 where another change was first."""
    return await _changed(context, lambda _: asked.body.values, asked.body.version)


@endpoint("PATCH", "/globals", scope=WRITE, asked=GlobalsChange, answer=GlobalsAnswer)
async def change_globals(context: ApiContext, asked: GlobalsChange) -> GlobalsAnswer:
    """Set some global values, and remove some; 409 where another change was first."""
    body = asked.body

    def change(values: Values) -> Values:
        return {k: v for k, v in values.items() if k not in body.remove} | body.set

    return await _changed(context, change, body.version)


@endpoint("GET", "/globals/versions", scope=READ, asked=GlobalsListing, answer=GlobalsPage)
async def list_globals_versions(context: ApiContext, asked: GlobalsListing) -> GlobalsPage:
    """List the versions of the global values, newest first."""
    listing = context.store.list_publications(asked.limit, asked.cursor, globals_changed=True)
    page = await page_from(listing, asked.cursor)
    found: tuple[Publication, ...] = page.items
    return GlobalsPage(items=[_shown(it.shared) for it in found], next_cursor=page.next_cursor)


async def _changed(
    context: ApiContext, change: Callable[[Values], Values], version: int | None
) -> GlobalsAnswer:
    try:
        return _shown(await _publishing(context).change_globals(change, version))
    except GlobalsMoved as error:
        raise Problem(409, f"The values were changed meanwhile: {error}") from None
    except DefinitionInvalid as error:
        errors = [
            FieldError(
                f"values{it.place.replace('/', '.')}", f"{it.reason}; {it.cure}".rstrip("; ")
            )
            for it in error.findings
        ]
        raise Problem(400, f"{errors[0].field}: {errors[0].detail}", errors) from None


def _publishing(context: ApiContext) -> Publishing:
    if context.publishing is None:
        raise Problem(503, "Global values are not served here")
    return context.publishing


def _shown(it: Globals) -> GlobalsAnswer:
    values: dict[str, Any] = dict(it.values)
    at = maybe_time(it.at) if it.version else None
    return GlobalsAnswer(version=it.version, values=values, source=it.source, changed_at=at)


ENDPOINTS = (get_globals, put_globals, change_globals, list_globals_versions)
