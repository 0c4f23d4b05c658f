"""Flows as pictures, and how many sessions went through them."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.engine.findings import nearest
from bot.engine.flow import Flow
from bot.engine.traffic import Traffic
from bot.services.pictures import Pictures, flow_of
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Moment, Word
from bot.web.problems import Problem

SCOPE = "flows:read"


class Counted(Asked):
    """A flow, on request in one version; what happened from `since` on."""

    name: Word
    version: Word | None = None
    since: Moment | None = None


class PictureAsked(Counted):
    """The same, and whether the picture is to show the counts."""

    counts: Literal["true", "false"] = "false"


class StateCounts(Answer):
    """Of one state. `ended` is by reason; `drop_off` the share of those who entered that was lost."""

    entered: int
    left: int
    live: int
    ended: dict[str, int]
    dropped: int
    drop_off: float


class WayCounts(Answer):
    """How often a way was taken; `source` is null for sessions that began with this state."""

    source: str | None
    target: str
    count: int


class CountsAnswer(Answer):
    """A flow's counts: by state, and by the ways between them. States nobody entered are missing."""

    name: str
    version: str | None
    states: dict[str, StateCounts]
    ways: list[WayCounts]


@endpoint("GET", "/flows/{name}/counts", scope=SCOPE, asked=Counted, answer=CountsAnswer)
async def count_flow(context: ApiContext, asked: Counted) -> CountsAnswer:
    """Count the sessions that went through a flow, and those that stand in it, by state."""
    _current(context, asked.name)
    counted = await _counted(context, asked)
    ways = sorted(counted.ways.items(), key=lambda way: (-way[1], way[0][0] or "", way[0][1]))
    return CountsAnswer(
        name=asked.name,
        version=asked.version,
        states={name: StateCounts(**it) for name, it in counted.to_json().items()},
        ways=[WayCounts(source=one, target=other, count=n) for (one, other), n in ways],
    )


class Drawing(Answer):
    """A picture, as the browser shows it. Nothing in it is to run, whatever a name may hold."""

    content_type: ClassVar[str] = "image/svg+xml"
    headers: ClassVar[Mapping[str, str]] = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    svg: str

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "title": cls.__name__, "description": "An SVG document."}

    def written(self) -> bytes:
        """The document itself."""
        return self.svg.encode()


@endpoint("GET", "/flows/{name}/picture.svg", scope=SCOPE, asked=PictureAsked, answer=Drawing)
async def draw_flow(context: ApiContext, asked: PictureAsked) -> Drawing:
    """Draw a flow as SVG: the current version or another one, on request with its counts."""
    current = _current(context, asked.name)
    flow = await flow_of(context.store, current, asked.version)
    if flow is None:
        raise Problem(404, f"There is no such version of the flow {asked.name!r}")
    counted = await _counted(context, asked) if asked.counts == "true" else None
    return Drawing(svg=await Pictures(context.store).drawn(flow, counted))


async def _counted(context: ApiContext, asked: Counted) -> Traffic:
    since = asked.since.timestamp() if asked.since else None
    return await context.store.flow_traffic(asked.name, asked.version, since)


def _current(context: ApiContext, name: str) -> Flow:
    flow = context.flows().get(name)
    if flow is None:
        cure = nearest(name, context.flows())
        raise Problem(404, f"There is no flow {name!r}; {cure}".rstrip("; "))
    return flow


ENDPOINTS = (count_flow, draw_flow)
