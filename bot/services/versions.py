"""Versions of a flow that sessions still run on: listed, left behind, and removed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain.events import Event
from bot.engine.findings import nearest
from bot.engine.flow import Flow
from bot.engine.moving import moved
from bot.engine.session import Session
from bot.services.contact_turns import ContactTurns
from bot.services.drafts import Draft
from bot.services.flowbook import FlowBook
from bot.services.ids import Ids
from bot.services.ports import Clock, Store, Work
from bot.services.turns import Turns

AT_ONCE = 20
"""Contacts whose sessions are moved at the same time: their writes share transactions."""
SHOWN = 100
"""Sessions that are named; all of them are found by why they ended."""

Standing = Literal["current", "retired", "unused"]


class VersionUnknown(Exception):
    """There is no such version of this flow."""


class StateUnknown(Exception):
    """A state that the version does not have; says the nearest one."""


class VersionInUse(Exception):
    """What keeps a version from being removed."""


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A version with its sessions that are not ended, by state.

    `retired`: sessions still run on it, and no new one starts.
    """

    version: str
    published_at: float | None
    standing: Standing
    states: Mapping[str, int]


@dataclass(slots=True)
class Moves:
    """How far a migration or removal has come."""

    moved: int = 0
    ended: int = 0
    timers_cancelled: int = 0
    left: int = 0
    ended_sessions: list[str] = field(default_factory=list)

    def end(self, session: Session) -> None:
        """Counts a session that has come to its end by this."""
        self.ended += 1
        self.timers_cancelled += len(session.timers)
        if len(self.ended_sessions) < SHOWN:
            self.ended_sessions.append(session.id)


@dataclass(frozen=True, slots=True)
class _Target:
    source: Flow | None
    flow: Flow | None
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Versions:
    """Moves sessions between versions: each by itself, under its contact's lock, in a transaction.

    What was moved is not touched again, so that whatever was cut short is simply asked for anew.
    """

    store: Store
    book: FlowBook
    turns: Turns
    contact_turns: ContactTurns
    ids: Ids
    clock: Clock

    async def list(self, name: str) -> Sequence[VersionShown]:
        """The versions of a flow: the current one, then the latest first. Raises VersionUnknown."""
        kept = {it.version: it.published_at for it in await self.store.flow_versions(name)}
        live: dict[str, dict[str, int]] = {}
        for (version, state), count in sorted((await self.store.live_counts(name)).items()):
            live.setdefault(version, {})[state] = count
        flow = self.book.current.get(name)
        current = [flow.version] if flow else []
        found = dict.fromkeys([*current, *kept, *live])
        if not found:
            raise VersionUnknown
        return [
            VersionShown(
                version,
                kept.get(version),
                "current" if version in current else "retired" if version in live else "unused",
                live.get(version, {}),
            )
            for version in found
        ]

    async def migrate(
        self, name: str, version: str, to: str, states: Mapping[str, str], limit: int
    ) -> Moves:
        """Moves at most `limit` sessions to another version, `current` for the current one.

        Sessions whose state does not exist there end politely. Raises VersionUnknown, StateUnknown.
        """
        flow = await self._named(name, to)
        source = await self.book.version(name, version)
        if flow is None or flow.version == version:
            raise VersionUnknown(to)
        if source is None and not await self.store.live_sessions(name, version, 1):
            raise VersionUnknown(version)
        _known(states.values(), flow, "the version that they move to")
        if source is not None:
            _known(states, source, "the version that they leave")
        return await self._each(name, version, _Target(source, flow, states), limit)

    async def remove(self, name: str, version: str, *, force: bool, limit: int) -> Moves:
        """Forgets a version; with `force` its sessions end politely before.

        Where more than `limit` had to end, the rest is `left`, and the version stays until it is asked
        for again. Raises VersionUnknown, VersionInUse.
        """
        flow = self.book.current.get(name)
        if flow is not None and flow.version == version:
            raise VersionInUse("it is current: new sessions start on it")
        kept = await self.store.flow_definition(name, version)
        live = await self._live(name, version)
        if kept is None and not live:
            raise VersionUnknown(version)
        if live and not force:
            raise VersionInUse(f"{live} live sessions run on it; migrate them, or use force=true")
        moves = await self._each(name, version, _Target(None, None, {}), limit)
        if not moves.left and kept is not None:
            if not await self.store.remove_flow_version(name, version):
                raise VersionInUse("it came into use just now")
            self.book.forget(name, version)
            now, data = self.clock.now(), {"sessions_ended": moves.ended}
            told = Event(
                self.ids.new(),
                "flow_version_removed",
                now,
                flow=name,
                flow_version=version,
                data=data,
            )
            await self.store.append([told])
        return moves

    async def _named(self, name: str, version: str) -> Flow | None:
        if version == "current":
            return self.book.current.get(name)
        return await self.book.version(name, version)

    async def _live(self, name: str, version: str) -> int:
        counts = await self.store.live_counts(name)
        return sum(count for (of, _), count in counts.items() if of == version)

    async def _each(self, name: str, version: str, target: _Target, limit: int) -> Moves:
        moves, seen, after = Moves(), 0, ""
        while seen < limit:
            found = await self.store.live_sessions(name, version, min(AT_ONCE, limit - seen), after)
            if not found:
                break
            await asyncio.gather(*(self._one(session, target, moves) for session in found))
            seen, after = seen + len(found), found[-1].id
        moves.left = await self._live(name, version)
        return moves

    async def _one(self, asked: Session, target: _Target, moves: Moves) -> None:
        decision: list[tuple[Session, Session | None]] = []

        async def decide(work: Work) -> Draft | None:
            decision.clear()
            session = next((it for it in work.sessions if it.id == asked.id), None)
            if session is None or session.version != asked.version:
                return None
            draft = self.turns.change_of(work, session)
            there = (
                moved(session, target.source, target.flow, target.states) if target.flow else None
            )
            if there is None:
                self.turns.end_gone(draft, session)
            else:
                _move(draft, session, there)
            decision.append((session, there))
            return draft

        if not await self.contact_turns.change(asked.contact_id, decide):
            return
        for session, there in decision:
            if there is None:
                moves.end(session)
            else:
                moves.moved += 1
                moves.timers_cancelled += len(session.timers) - len(there.timers)


def _move(draft: Draft, session: Session, there: Session) -> None:
    kept = {timer.id for timer in there.timers}
    draft.timers_cancelled.extend(it.id for it in session.timers if it.id not in kept)
    draft.about(there)
    draft.put(there)
    draft.event("session_migrated", left=session.version, state=there.state, was=session.state)


def _known(names: Any, flow: Flow, which: str) -> None:
    for name in names:
        if name not in flow.states:
            cure = nearest(name, flow.states)
            raise StateUnknown(f"{which} has no state {name!r}; {cure}".rstrip("; "))
