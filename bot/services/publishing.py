"""Publishes what files and operators say as one thing, and sees what other processes publish."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.domain.events import Event
from bot.domain.publications import NOTHING_PUBLISHED, Globals, Publication
from bot.engine.apis import Api
from bot.engine.findings import DefinitionInvalid, Finding
from bot.engine.flow import Flow
from bot.engine.shared_values import examine_values
from bot.services.flowbook import Edition, FlowBook
from bot.services.ids import Ids
from bot.services.ports import Clock, Store, StoreUnavailable

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often a process looks whether another one has published."""
TRIES = 20
"""Of publishing, where others publish at the same time."""

Values = Mapping[str, Any]
Change = Callable[[Publication], Publication]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a project's files say, with all findings."""

    flows: Sequence[Flow]
    apis: Mapping[str, Api] = field(default_factory=dict)
    shared: Values = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings with which nothing may be published."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


class GlobalsMoved(Exception):
    """The values are no longer in the version that a change was made for."""

    def __init__(self, current: Globals) -> None:
        super().__init__(f"the version is {current.version} now")
        self.current = current


class Publishing:
    """Makes things current, in every process that shares the store.

    Definitions are kept first, under their content hash. Then one row is written that names them
    all: whatever happens between, either the old or the new one is current as a whole.
    """

    def __init__(
        self,
        *,
        store: Store,
        book: FlowBook,
        ids: Ids,
        clock: Clock,
        read_api: Callable[[str, str], Api],
    ) -> None:
        self._store, self._book, self._ids, self._clock = store, book, ids, clock
        self._read_api = read_api
        self._adopting = asyncio.Lock()
        self._unreadable = 0

    @property
    def globals(self) -> Globals:
        """The values that all flows share, as this process sees them."""
        return self._book.edition.publication.shared

    async def publish(self, said: Examined) -> Publication:
        """Makes what the files say current. Raises DefinitionInvalid where it has errors, and
        StoreUnavailable."""
        if said.errors:
            raise DefinitionInvalid(said.errors)
        now = self._clock.now()
        flows = {flow.name: flow for flow in said.flows}
        await asyncio.gather(
            self._book.keep(flows.values(), now), *(self._keep_api(it) for it in said.apis.values())
        )

        def as_files_say(newest: Publication) -> Publication:
            return replace(
                newest,
                source="file",
                flows={name: flow.version for name, flow in flows.items()},
                apis={name: api.version for name, api in said.apis.items()},
                shared=newest.shared.with_file(said.shared, now),
            )

        return await self._change(as_files_say, flows, said.apis)

    async def change_globals(
        self, change: Callable[[Values], Values], version: int | None
    ) -> Globals:
        """An operator's change of the values, made of those that are current. Raises GlobalsMoved
        where their version is not the one that is given, DefinitionInvalid for what cannot be kept.
        """
        now = self._clock.now()

        def as_asked(newest: Publication) -> Publication:
            shared = newest.shared
            if version is not None and version != shared.version:
                raise GlobalsMoved(shared)
            values, findings = examine_values(dict(change(shared.values)))
            if findings:
                raise DefinitionInvalid(findings)
            return replace(newest, source="api", shared=shared.with_values(values, now))

        return (await self._change(as_asked)).shared

    async def look(self) -> bool:
        """Sees what another process has published; whether there was something new."""
        number = await self._store.newest_number()
        if number <= self._book.edition.publication.number or number == self._unreadable:
            return False
        newest = await self._store.newest_publication()
        if newest is None:
            return False
        try:
            await self._adopt(newest, {}, {})
        except DefinitionInvalid as error:
            # Of a newer Parley, perhaps: what was current here stays so.
            self._unreadable = number
            log.error("publication_not_read", number=number, reason=str(error))
            return False
        return True

    async def follow(self) -> None:
        """Looks every moment; never returns by itself."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StoreUnavailable as error:
                log.warning("database_away", error=str(error))
            except Exception:
                log.exception("publication_not_seen")

    async def _keep_api(self, api: Api) -> None:
        definition = json.dumps(api.definition, ensure_ascii=False, default=dict)
        await self._store.publish_api(api.name, api.version, definition, self._clock.now())

    async def _change(
        self,
        change: Change,
        flows: Mapping[str, Flow] | None = None,
        apis: Mapping[str, Api] | None = None,
    ) -> Publication:
        for _ in range(TRIES):
            newest = await self._store.newest_publication() or NOTHING_PUBLISHED
            wanted = change(newest)
            if wanted.says_the_same(newest):
                await self._adopt(newest, flows or {}, apis or {})
                return newest
            wanted = self._numbered(wanted, newest)
            if await self._store.publish(wanted):
                if newest.number and not self._book.edition.publication.number:
                    _tell_replaced(wanted, newest)
                await self._adopt(wanted, flows or {}, apis or {})
                return wanted
        raise StoreUnavailable("others publish all the time")

    def _numbered(self, wanted: Publication, newest: Publication) -> Publication:
        return replace(
            wanted,
            number=newest.number + 1,
            at=self._clock.now(),
            globals_changed=wanted.shared.version != newest.shared.version,
            events=tuple(
                Event(self._ids.new(), type, self._clock.now(), data=data)
                for type, data in _told(wanted, newest)
            ),
        )

    async def _adopt(
        self, publication: Publication, flows: Mapping[str, Flow], apis: Mapping[str, Api]
    ) -> None:
        """Swaps it in, with the definitions at hand and others from the store."""
        async with self._adopting:
            before = self._book.edition
            if publication.number <= before.publication.number:
                return
            self._book.edition = Edition(
                flows={n: await self._flow(n, v, flows) for n, v in publication.flows.items()},
                apis={
                    n: await self._api(n, v, {**before.apis, **apis})
                    for n, v in publication.apis.items()
                },
                shared=publication.shared.values,
                publication=publication,
            )
        if before.publication.number:
            changed, _ = _difference(publication.flows, before.publication.flows)
            log.info(
                "published", number=publication.number, flows=len(publication.flows),
                changed=sorted(changed), globals=publication.shared.version,
            )  # fmt: skip

    async def _flow(self, name: str, version: str, at_hand: Mapping[str, Flow]) -> Flow:
        known = at_hand.get(name)
        flow = known if known and known.version == version else None
        flow = flow or await self._book.version(name, version)
        if flow is None:
            raise DefinitionInvalid([_missing(f"the flow {name!r}", version)])
        return flow

    async def _api(self, name: str, version: str, at_hand: Mapping[str, Api]) -> Api:
        known = at_hand.get(name)
        if known and known.version == version:
            return known
        definition = await self._store.api_definition(version)
        if definition is None:
            raise DefinitionInvalid([_missing(f"the API call {name!r}", version)])
        return self._read_api(name, definition)


def _tell_replaced(wanted: Publication, newest: Publication) -> None:
    """A process has started with other files than those that were current."""
    flows, removed = _difference(wanted.flows, newest.flows)
    log.warning(
        "current_replaced_at_start", number=wanted.number, flows=sorted(flows),
        flows_removed=removed, apis=sorted(_difference(wanted.apis, newest.apis)[0]),
        globals=wanted.shared.version,
    )  # fmt: skip


def _missing(what: str, version: str) -> Finding:
    reason = f"{what} in version {version} is not in the store, or cannot be read"
    return Finding("unknown-version", "error", "", reason)


def _told(wanted: Publication, newest: Publication) -> Iterator[tuple[str, Values]]:
    """Type and data of the events of a publication that follows the newest one."""
    if (wanted.flows, wanted.apis) != (newest.flows, newest.apis):
        flows, flows_removed = _difference(wanted.flows, newest.flows)
        apis, apis_removed = _difference(wanted.apis, newest.apis)
        yield "flows_published", {
            "number": newest.number + 1, "flows": flows, "flows_removed": flows_removed,
            "apis": apis, "apis_removed": apis_removed,
        }  # fmt: skip
    shared = wanted.shared
    if shared.version != newest.shared.version:
        values, removed = _difference(shared.values, newest.shared.values)
        yield "globals_changed", {
            "version": shared.version, "source": shared.source, "values": values, "removed": removed,
        }  # fmt: skip


def _difference(now: Values, before: Values) -> tuple[Values, list[str]]:
    """What is new or other than before, and the names of what is gone."""
    changed = {k: v for k, v in now.items() if k not in before or before[k] != v}
    return changed, sorted(before.keys() - now.keys())
