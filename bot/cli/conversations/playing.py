"""Plays one conversation on the stage, step by step."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.cli.conversations.expecting import Came, Mismatch, shown
from bot.cli.conversations.format import Conversation, Fakes, Step
from bot.cli.conversations.stage import Stage, StepFailed
from bot.domain.messages import Message


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was said: by `you`, by the `bot`, or what else happened (`note`)."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a conversation failed: at which step, and what had been said until then."""

    mismatch: Mismatch
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Unexpected:
    """Messages that came behind the last one that a step expected."""

    step: Step
    messages: tuple[Message, ...]


@dataclass(slots=True)
class Outcome:
    """What became of a conversation. `seconds` is how long playing it took."""

    conversation: Conversation
    failures: list[Failure] = field(default_factory=list)
    unexpected: list[Unexpected] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    seconds: float = 0.0
    expectations: int = 0

    @property
    def passed(self) -> bool:
        return not self.failures


TROUBLES = frozenset(
    {
        "turn_failed", "action_failed", "condition_failed", "template_failed", "limit_reached",
        "response_unknown", "slot_refused", "message_stopped", "flow_not_started",
    }
)  # fmt: skip
"""Events that explain why something else was said than one expects."""
Listener = Callable[[Came], None]


async def play(
    stage: Stage,
    conversation: Conversation,
    *,
    to_the_end: bool = False,
    tell: Callable[[Line], None] | None = None,
    watch: Listener = lambda came: None,
) -> Outcome:
    """Plays a conversation from its beginning.

    It stops behind the first thing that was answered otherwise than expected, unless it is to go on
    `to_the_end`. `tell` hears every line as it is said, `watch` all that came of each step.
    """
    began = time.perf_counter()
    run = _Play(stage, Outcome(conversation), tell or (lambda line: None), watch)
    try:
        await run.all(to_the_end)
    finally:
        run.outcome.seconds = time.perf_counter() - began
    return run.outcome


@dataclass(slots=True)
class _Play:
    stage: Stage
    outcome: Outcome
    tell: Callable[[Line], None]
    watch: Listener
    came: Came | None = None
    last: Step | None = None

    async def all(self, to_the_end: bool) -> None:
        conversation = self.outcome.conversation
        seed = f"{conversation.file}#{conversation.name}"
        await self.stage.fresh(seed, conversation.person, conversation.at, conversation.fakes)
        await self.stage.meet(conversation.person)
        if conversation.flow:
            await self._done(Step("start", conversation.flow, -1, conversation.line))
        for step in conversation.steps:
            if not step.expects:
                self._close()
                if self.outcome.failures and not to_the_end:
                    return
                await self._done(step)
            elif self.came is not None or await self._looked():
                self.outcome.expectations += 1
                self._fail(self.came.check(step) if self.came else None)
        self._close()

    async def _looked(self) -> bool:
        await self._look()
        return True

    async def _look(self) -> None:
        happened, standing = await self.stage.happened(), await self.stage.standing()
        self.came = Came(happened, standing, self.stage.parts.settings.responses, self.last)
        self.watch(self.came)
        for event in happened.events:
            if event.type in TROUBLES:
                self._say("note", f"{event.type}: {_shown(dict(event.data))}")
        for message in sorted((*happened.said, *happened.mails), key=lambda it: it.id):
            self._say("bot" if message in happened.said else "mail", shown(message))

    async def _done(self, step: Step) -> None:
        """Does what an acting step says, and looks at what came of it."""
        self.last = step
        for who, text in _announced(step):
            self._say(who, text)
        try:
            await act(self.stage, step)
        except StepFailed as error:
            value = span(step.value) if step.kind == "after" else step.value
            self._fail(Mismatch(step, f"{step.kind}: {value}", str(error)))
        await self._look()
        for event in self.came.happened.events if self.came else ():
            if event.type == "turn_failed":
                self._fail(Mismatch(step, "a turn", f"a defect: {event.data.get('reason')}"))
        for name in self.stage.apis.unfaked:
            reason = "a test calls no server: write what it answers, `apis: {name: {slots: {...}}}`"
            self._fail(Mismatch(step, f"an answer for the API {name!r}", "none is faked", reason))
        self.stage.apis.unfaked.clear()

    def _say(self, who: str, text: str) -> None:
        line = Line(who, text)
        self.outcome.lines.append(line)
        self.tell(line)

    def _close(self) -> None:
        """Nothing more is expected of what came: was there more?"""
        if self.came is None or self.came.heard is None:
            return
        left = self.came.unexpected()
        if left:
            step = self.came.heard
            self.outcome.unexpected.append(Unexpected(step, left))
            got = "\n".join(map(shown, left))
            self._fail(Mismatch(step, "no more messages", got, "the bot said more"))
        self.came.heard = None

    def _fail(self, mismatch: Mismatch | None) -> None:
        if mismatch is not None:
            self.outcome.failures.append(Failure(mismatch, tuple(self.outcome.lines)))


async def act(stage: Stage, step: Step) -> None:
    """Does what an acting step says. Raises StepFailed."""
    match step.kind:
        case "user":
            await stage.say(step.value or "", step.beside)
        case "after":
            await stage.wait(step.value)
        case "start":
            await stage.start(step.value)
        case "contact":
            await stage.edit(step.value)
        case kind:
            stage.fake(Fakes(**{kind: step.value}))


def _announced(step: Step) -> Iterator[tuple[str, str]]:
    if step.kind == "user":
        beside = (f"({key}: {_shown(it)})" for key, it in step.beside.items())
        yield "you", " ".join(filter(None, (step.value, *beside)))
    elif step.kind == "after":
        yield "note", f"{span(step.value)} later"
    elif step.kind == "start":
        yield "note", f"the flow {step.value} is started"
    elif step.kind != "contact":
        yield "note", f"{step.kind}: {_shown(step.value)}"


def _shown(value: Any) -> str:
    return str(value)


_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def span(seconds: float) -> str:
    """A length of time as an author writes it: the largest unit that it is a whole number of."""
    for unit, length in _UNITS:
        if seconds >= length and seconds % length == 0:
            return f"{int(seconds // length)}{unit}"
    return f"{seconds:g}s"


def chosen(conversations: Iterable[Conversation], name: str | None) -> list[Conversation]:
    """Those whose name contains the words of `name`, in any letters."""
    wanted = (name or "").casefold()
    return [it for it in conversations if wanted in it.name.casefold()]
