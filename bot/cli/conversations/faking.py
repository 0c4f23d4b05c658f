"""What stands before the real parts while a test is played: answers, readings, time, a fresh store."""

import copy
import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.cli.conversations.format import START, Fakes
from bot.domain.actions import ActionFailed, ActionResult
from bot.domain.data_records import DataRecord
from bot.domain.deliveries import Attempt, Listed
from bot.domain.gate import Rate
from bot.domain.messages import Message
from bot.domain.records import TurnRecord
from bot.engine.api_answers import answered, sampled
from bot.engine.apis import Api, ApiResult
from bot.engine.parse import Entity, Intent, Parse
from bot.services.deliveries import Sender
from bot.services.ports import ActionRunner, Reader
from bot.store.memory import MemoryStore

FORCED_CONFIDENCE = 1.0


@dataclass(slots=True)
class VirtualClock:
    """Stands still until it is moved; one that `runs` goes on from where it was moved to."""

    at: float = START
    runs: bool = False
    _moved: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        return self.at + (time.monotonic() - self._moved if self.runs else 0.0)

    def move(self, to: float) -> None:
        """Sets the time, in Unix seconds."""
        self.at, self._moved = to, time.monotonic()


class FreshStore:
    """A store in memory that can be had as new; it notes the records and timers that turns keep."""

    def __init__(self, store: MemoryStore) -> None:
        self._store, self._as_new = store, store
        self.records: list[DataRecord] = []
        self.due: dict[str, float] = {}

    def settle(self) -> None:
        """What is there now is what a new one holds: the published flows."""
        self._as_new = copy.deepcopy(self._store)

    def renew(self) -> None:
        """Forgets all that came since."""
        self._store = copy.deepcopy(self._as_new)
        self.records, self.due = [], {}

    async def save(self, turn: TurnRecord) -> bool:
        """Writes the turn; its records are looked at by tests, its timers say how time goes on."""
        saved = await self._store.save(turn)
        if saved:
            self.records.extend(turn.data)
            self.due.update((timer.id, timer.due_at) for timer in turn.timers_set)
        return saved

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass(slots=True)
class FakedActions:
    """Before the project's actions: answers of those that are faked; the others run."""

    real: ActionRunner
    clock: VirtualClock
    fakes: Fakes = field(default_factory=Fakes)
    ran: list[tuple[str, int]] = field(default_factory=list)
    """The actions that ran, each with how many messages it came back with."""

    @property
    def remote(self) -> bool:
        return self.real.remote

    async def names(self) -> frozenset[str]:
        return await self.real.names()

    async def conditions(self) -> frozenset[str]:
        return await self.real.conditions()

    async def functions(self) -> Mapping[str, frozenset[str]]:
        return await self.real.functions()

    async def run(self, name: str, tracker: Mapping[str, Any], key: str) -> ActionResult:
        """The faked answer, else the real one."""
        faked = self._faked(name)
        result = faked if faked else await self.real.run(name, tracker, key)
        return self._noted(name, result)

    async def call(
        self,
        kind: str,
        name: str,
        arguments: Mapping[str, Any],
        tracker: Mapping[str, Any],
        key: str,
    ) -> ActionResult:
        """The same for processors and page tasks."""
        faked = self._faked(name)
        result = faked if faked else await self.real.call(kind, name, arguments, tracker, key)
        return self._noted(name, result)

    async def ask(self, names: Sequence[str], tracker: Mapping[str, Any]) -> Mapping[str, bool]:
        """The answers of conditions, faked and real."""
        faked = {
            name: it for name in names if (it := _named(self.fakes.conditions, name)) is not None
        }
        wanted = [name for name in names if name not in faked]
        return {**(await self.real.ask(wanted, tracker) if wanted else {}), **faked}

    async def close(self) -> None:
        await self.real.close()

    def _noted(self, name: str, result: ActionResult) -> ActionResult:
        self.ran.append((name, len(result.responses)))
        # Actions take the time of this machine; what they count from it is counted from ours.
        ahead = timedelta(seconds=self.clock.now() - time.time())
        return ActionResult(tuple(_moved(e, ahead) for e in result.events), result.responses)

    def _faked(self, name: str) -> ActionResult | None:
        answer = _named(self.fakes.actions, name)
        if answer is None:
            return None
        if "fails" in answer:
            raise ActionFailed(name, str(answer["fails"]))
        events = [
            {"event": "slot", "name": slot, "value": value}
            for slot, value in (answer.get("slots") or {}).items()
        ]
        said = [it if isinstance(it, dict) else {"text": str(it)} for it in answer.get("say") or ()]
        return ActionResult((*events, *(answer.get("events") or ())), tuple(said))


def _named(answers: Mapping[str, Any], name: str) -> Any:
    """An answer by the full name, or by what stands behind the flow's: `optin.init`, `init`."""
    return answers.get(name, answers.get(name.partition(".")[2]))


def _moved(event: Mapping[str, Any], ahead: timedelta) -> Mapping[str, Any]:
    if event.get("event") != "reminder":
        return event
    try:
        due = datetime.fromisoformat(str(event.get("date_time"))) + ahead
    except (ValueError, OverflowError):
        return event
    return {**event, "date_time": due.isoformat()}


@dataclass(slots=True)
class FakedApis:
    """Answers of declared HTTP calls: the faked one, else the sample of the call. Nothing is called."""

    fakes: Fakes = field(default_factory=Fakes)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    unfaked: list[str] = field(default_factory=list)

    async def call(
        self, api: Api, values: Mapping[str, Any], shared: Mapping[str, Any], key: str
    ) -> ApiResult:
        """The faked answer."""
        self.calls.append((api.name, values))
        answer = self.fakes.apis.get(api.name)
        if answer is None and not api.has_sample:
            self.unfaked.append(api.name)
            return ApiResult(failed="unreachable")
        return sampled(api) if answer is None else _answered(api, answer)

    async def close(self) -> None:
        """Nothing was opened."""


def _answered(api: Api, answer: Mapping[str, Any]) -> ApiResult:
    """What the answer comes to, by the response mapping of the call."""
    if "fails" in answer:
        return ApiResult(failed=str(answer["fails"]))
    if "slots" in answer:
        return ApiResult(slots=answer["slots"] or {})
    if answer.get("sample"):
        return sampled(api)
    text = str(answer["text"]) if "text" in answer else json.dumps(answer.get("json"))
    return answered(api, int(answer.get("status") or min(api.expect, default=200)), text.encode())


@dataclass(slots=True)
class ForcedReader:
    """Before the NLU model: the reading that a step asks for, of this one text."""

    real: Reader
    text: str | None = None
    intents: Mapping[str, float] | None = None
    entities: Mapping[str, Any] | None = None

    def force(self, text: str | None, intent: Any = None, entities: Any = None) -> None:
        """How the text is to be read from now on."""
        self.text = text if intent or entities is not None else None
        self.intents = {intent: FORCED_CONFIDENCE} if isinstance(intent, str) else intent
        self.entities = entities

    def parse(
        self,
        text: str,
        language: str | None = None,
        *,
        asked: Collection[str] = (),
        now: datetime | None = None,
    ) -> Parse:
        """What the model reads, or what was asked for."""
        read = self.real.parse(text, language, asked=asked, now=now)
        if self.text is None or text != self.text:
            return read
        intent, ranking, entities = read.intent, read.ranking, read.entities
        answers, share = read.asked, read.asked_share
        if self.intents:
            ranking = tuple(sorted(_intents(self.intents), key=lambda it: -it.confidence))
            intent, answers, share = ranking[0], (), 0.0
        if self.entities is not None:
            entities = tuple(_entities(text, self.entities))
        return Parse(text, intent, ranking, entities, read.language, read.metadata, answers, share)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _intents(given: Mapping[str, float]) -> Iterator[Intent]:
    for name, confidence in given.items():
        yield Intent(name, float(confidence))


def _entities(text: str, given: Mapping[str, Any]) -> Iterator[Entity]:
    for name, value in given.items():
        start = max(text.find(str(value)), 0)
        yield Entity(name, value, start, min(start + len(str(value)), len(text)))


class Nowhere(Mapping[str, Sender]):
    """Every channel: what goes out has arrived when it is saved, and leaves no house."""

    local = True
    immediate = True
    settle_after: float | None = None
    rate: Rate | None = None

    def __getitem__(self, channel: str) -> Sender:
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def get(self, channel: str, default: Any = None) -> Any:
        return self

    async def send(self, message: Message) -> Attempt:
        """Never asked: local messages are not sent."""
        return Attempt("sent", message.id)

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        """Nothing was sent anywhere."""
        return ()


@dataclass(slots=True)
class Before:
    """Puts these before the real parts as they are opened."""

    clock: VirtualClock
    store: FreshStore | None = None
    actions: FakedActions | None = None
    reader: ForcedReader | None = None
    apis: FakedApis = field(default_factory=FakedApis)

    def around(self, part: Any) -> Any:
        """What the composition root is to use in place of a part."""
        if isinstance(part, MemoryStore):
            self.store = FreshStore(part)
            return self.store
        if hasattr(part, "parse"):
            self.reader = ForcedReader(part)
            return self.reader
        if hasattr(part, "conditions"):
            self.actions = FakedActions(part, self.clock)
            return self.actions
        if hasattr(part, "call"):
            return self.apis
        return part
