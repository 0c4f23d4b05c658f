"""What a turn calls outside: actions, Python functions and declared HTTP APIs, each with a journal."""

from collections.abc import Mapping
from typing import Any

from bot.domain.actions import keepable
from bot.engine.commands import CallAction, CallKind
from bot.engine.events import ActionReturned
from bot.engine.facts import Facts
from bot.engine.session import Session
from bot.services import sessions
from bot.services.drafts import Draft
from bot.services.ports import ActionRunner, ApiCaller, Store
from bot.services.trackers import Trackers

_CALLED: Mapping[CallKind, str] = {
    "action": "action_ran",
    "processor": "processor_ran",
    "task": "task_ran",
    "api": "api_called",
}


class Calls:
    """Makes the calls of turns. No transaction is open meanwhile."""

    def __init__(
        self, store: Store, runner: ActionRunner, apis: ApiCaller | None, trackers: Trackers
    ) -> None:
        self._store, self._runner, self._apis, self._trackers = store, runner, apis, trackers

    async def make(
        self, draft: Draft, session: Session, call: CallAction, facts: Facts, key: str
    ) -> ActionReturned:
        """Calls what is outside; a remote result is journalled, and read when the turn is retried.

        So is a success when a timer is tried again, whose turn has another id then.
        """
        remote = self._runner.remote or call.kind == "api"
        first = sessions.first_id(draft.turn_id) + key.removeprefix(draft.turn_id)
        found = await self._store.journal_read([key, first]) if remote else {}
        kept = found.get(key) or found.get(first)
        if kept is None:
            kept = await self._called(draft, session, call, facts, key)
            if remote:
                place = key if kept.get("failed") else first
                await self._store.journal_write(place, kept, draft.now)
        draft.event(_CALLED[call.kind], name=call.name, **kept.get("shown", {}))
        return ActionReturned(tuple(kept["events"]), tuple(kept["responses"]), kept.get("failed"))

    async def _called(
        self, draft: Draft, session: Session, call: CallAction, facts: Facts, key: str
    ) -> dict[str, Any]:
        """The answer as it is journalled."""
        if call.kind == "api":
            return await self._api(draft, call, facts, key)
        shown = await self._trackers.of(draft, session, facts)
        if call.kind == "action":
            answered = await self._runner.run(call.name, shown, key)
        else:
            answered = await self._runner.call(call.kind, call.name, call.arguments, shown, key)
        return {
            "events": list(map(keepable, answered.events)),
            "responses": list(map(keepable, answered.responses)),
        }

    async def _api(self, draft: Draft, call: CallAction, facts: Facts, key: str) -> dict[str, Any]:
        api = draft.edition.apis.get(call.name)
        if api is None or self._apis is None:
            return {"events": [], "responses": [], "failed": "unknown"}
        result = await self._apis.call(api, call.arguments, facts.shared, key)
        events = [
            {"event": "slot", "name": name, "value": keepable(value)}
            for name, value in result.slots.items()
        ]
        shown = {**result.shown, **({"failed": result.failed} if result.failed else {})}
        return {"events": events, "responses": [], "failed": result.failed, "shown": shown}
