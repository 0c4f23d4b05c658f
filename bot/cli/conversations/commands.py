"""The commands of `parley shell`: what stands behind a slash."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.conversations.diffs import explained, show_line
from bot.cli.conversations.expecting import Came
from bot.cli.conversations.format import CHANNELS, Conversation, Person
from bot.cli.conversations.playing import Outcome, play, span
from bot.cli.conversations.reading import read_file
from bot.cli.conversations.recording import Recorder, save
from bot.cli.conversations.screen import show_came, show_standing
from bot.cli.conversations.stage import Stage, StepFailed
from bot.cli.failing import show
from bot.engine.durations import duration
from bot.engine.findings import DefinitionInvalid, nearest
from bot.engine.wording import LANGUAGE


class Refused(Exception):
    """What was typed cannot be done; the text says why."""


class Quit(Exception):
    """The shell is to end."""


@dataclass(slots=True)
class Shell:
    """A conversation at the terminal: the stage, and what was said on it so far."""

    stage: Stage
    console: Console
    recorder: Recorder = field(default_factory=Recorder)
    replayed: list[Outcome] = field(default_factory=list)

    @property
    def person(self) -> Person:
        """Who writes now."""
        return self.stage.person

    async def restart(self) -> None:
        """Forgets everything but who writes from where; the time is now."""
        now = float(int(time.time()))
        person = self.person.but({"fields": {}, "tags": frozenset()})
        await self.stage.fresh(str(now), person, now)
        self.recorder = Recorder(person, now)
        await self.stage.meet(person)

    async def line(self, typed: str) -> None:
        """A line is a message, or a command behind a slash. Raises Quit."""
        try:
            if not await self._command(typed):
                await self.say(typed.removeprefix("/") if typed.startswith("//") else typed)
        except (Refused, StepFailed) as error:
            self.console.print(Text(str(error), style="yellow"), soft_wrap=True)
        except DefinitionInvalid as invalid:
            for finding in invalid.findings:
                show(self.console, finding)

    async def say(self, text: str) -> None:
        """The contact writes."""
        await self.due()
        self.recorder.did("user", text)
        await self.stage.say(text, {})
        await self.came()

    async def due(self) -> None:
        """What has become due while nobody typed."""
        await self.stage.look()
        came = Came(await self.stage.happened(), await self.stage.standing(), {})
        if came.happened.said or came.happened.mails:
            self.recorder.due(came, self.stage.clock.now())
            show_came(self.console, came)

    async def came(self) -> None:
        """Shows what came of what was done, and notes it."""
        came = Came(await self.stage.happened(), await self.stage.standing(), {})
        self.recorder.came(came, self.stage.clock.now())
        for name in self.stage.apis.unfaked:
            self._print(f"the API {name} is not called here, and it has no sample")
        self.stage.apis.unfaked.clear()
        show_came(self.console, came)
        show_standing(self.console, came.standing, self.stage.clock.now())

    async def _command(self, typed: str) -> bool:
        """Whether the line was a command; an intent behind a slash is a message to the bot."""
        if not typed.startswith("/") or typed.startswith("//"):
            return False
        word, _, rest = typed[1:].strip().partition(" ")
        command = COMMANDS.get(word)
        if command is None:
            if word.partition("{")[0] in self.stage.intents:
                return False
            raise Refused(f"there is no command /{word}; {nearest(word, COMMANDS)}")
        await command.run(self, rest.strip())
        return True

    async def changed(self, **given: Any) -> None:
        """The contact is another one, or known otherwise."""
        self.recorder.did("contact", given)
        await self.stage.edit(given)
        known = (self.person.address, self.person.language, self.person.time_zone)
        self._print(" ".join(it for it in known if it))

    # the commands

    async def wait(self, rest: str) -> None:
        seconds = duration(rest)
        if seconds is None:
            raise Refused(f"how long is {rest!r}? Write 30s, 10m, 2h or 1d")
        await self.stage.wait(seconds)
        self.recorder.did("after", span(seconds))
        await self.came()

    async def state(self, _: str) -> None:
        session = (await self.stage.standing()).session
        shown = (
            "no session" if session is None else f"{session.flow} {session.state} {session.status}"
        )
        if session and session.ended_because:
            shown += f" ({session.ended_because})"
        self._print(shown)

    async def slots(self, _: str) -> None:
        standing = await self.stage.standing()
        slots = standing.session.slots if standing.session else {}
        for name, value in {**standing.contact.fields, **slots}.items():
            self._print(f"{name} = {value!r}")
        self._print(f"tags = {', '.join(sorted(standing.contact.tags)) or '-'}")

    async def timers(self, _: str) -> None:
        timers = (await self.stage.standing()).timers
        for timer in timers:
            left = max(0, round(timer.due_at - self.stage.clock.now()))
            self._print(f"{timer.name} ({timer.kind}) in {span(left)}")
        if not timers:
            self._print("no timers")

    async def flow(self, rest: str) -> None:
        known = self.stage.parts.flows.current
        if rest not in known:
            raise Refused(f"there is no flow {rest!r}; {nearest(rest, known)}")
        await self.stage.start(rest)
        self.recorder.did("start", rest)
        await self.came()

    async def channel(self, rest: str) -> None:
        if rest not in CHANNELS:
            raise Refused(f"there is no channel {rest!r}; {nearest(rest, CHANNELS)}")
        await self.changed(channel=rest)

    async def language(self, rest: str) -> None:
        if not LANGUAGE.fullmatch(rest):
            raise Refused(f"{rest!r} is no language; write en, es or pt-BR")
        await self.changed(language=rest)

    async def number(self, rest: str) -> None:
        if not rest:
            raise Refused("whose number? Write /number +15550002")
        await self.changed(number=rest)

    async def tag(self, rest: str) -> None:
        if not rest.strip("-"):
            raise Refused("which tag? Write /tag vip, or /tag -vip to take it away")
        if rest.startswith("-"):
            await self.stage.untag(rest[1:])
        else:
            self.recorder.did("contact", {"tags": [rest]})
            await self.stage.edit({"tags": frozenset({rest})})
        standing = await self.stage.standing()
        self._print(f"tags = {', '.join(sorted(standing.contact.tags)) or '-'}")

    async def save(self, rest: str) -> None:
        file, _, name = rest.partition(" ")
        if not file:
            raise Refused("into which file? Write /save flows/optin.test.yml says yes")
        if not self.recorder.steps:
            raise Refused("nothing has been said yet")
        path = save(Path(file), name.strip() or "recorded", self.recorder)
        self._print(f"saved in {path}")

    async def replay(self, rest: str) -> None:
        if not rest:
            raise Refused("which file? Write /replay flows/optin.test.yml:says yes")
        for conversation in to_replay(rest):
            await self._replayed(conversation)

    async def _replayed(self, conversation: Conversation) -> None:
        self.console.print(Text(conversation.name, style="bold"))
        self.recorder = Recorder(conversation.person, conversation.at)
        self.recorder.faked(conversation.fakes)
        outcome = await play(
            self.stage,
            conversation,
            tell=lambda line: show_line(self.console, line),
            watch=lambda came: self.recorder.replayed(came, self.stage.clock.now()),
        )
        for failure in outcome.failures:
            for text in explained(failure.mismatch, conversation.file):
                self.console.print(text, soft_wrap=True)
        self.replayed.append(outcome)
        show_standing(self.console, await self.stage.standing(), self.stage.clock.now())

    async def again(self, _: str) -> None:
        await self.restart()
        self._print("everything is forgotten")

    async def help(self, _: str) -> None:
        for word, command in COMMANDS.items():
            usage = f"/{word} {command.takes}".rstrip()
            self.console.print(Text.assemble((f"  {usage:<24}", "bold"), command.about))
        self.console.print(Text("  //text                  says /text to the bot"))

    async def quit(self, _: str) -> None:
        raise Quit

    def _print(self, text: str) -> None:
        self.console.print(Text(f"    {text}", style="dim"), soft_wrap=True)


def to_replay(given: str) -> list[Conversation]:
    """The conversations of `FILE` or `FILE:name`. Raises DefinitionInvalid and Refused."""
    path, name = Path(given), ""
    if not path.exists():
        file, _, name = given.partition(":")
        path = Path(file)
    if not path.is_file():
        raise Refused(f"there is no file {str(path)!r}")
    conversations, findings = read_file(path, str(path), transcript=True)
    if findings:
        raise DefinitionInvalid(findings)
    found = [it for it in conversations if not name or it.name == name]
    if not found:
        names = [it.name for it in conversations]
        raise Refused(f"{path} has no conversation {name!r}; {nearest(name, names)}")
    return found


@dataclass(frozen=True, slots=True)
class Command:
    """What a word behind a slash does, and what it takes."""

    run: Callable[[Shell, str], Awaitable[None]]
    about: str
    takes: str = ""


COMMANDS: Mapping[str, Command] = {
    "wait": Command(Shell.wait, "lets time pass; timers fire", "2h"),
    "state": Command(Shell.state, "the flow and the state that the session waits in"),
    "slots": Command(Shell.slots, "all slots, fields and tags"),
    "timers": Command(Shell.timers, "what is due later"),
    "flow": Command(Shell.flow, "starts a flow", "NAME"),
    "channel": Command(Shell.channel, "writes from another channel", "whatsapp"),
    "language": Command(Shell.language, "the contact's language", "es"),
    "number": Command(Shell.number, "another contact", "+15550002"),
    "tag": Command(Shell.tag, "gives a tag; -NAME takes it away", "NAME"),
    "save": Command(Shell.save, "writes what was said as a conversation test", "FILE [name]"),
    "replay": Command(Shell.replay, "plays a conversation test or a transcript", "FILE[:name]"),
    "restart": Command(Shell.again, "forgets everything"),
    "help": Command(Shell.help, "this list"),
    "quit": Command(Shell.quit, "ends"),
    "exit": Command(Shell.quit, "ends"),
}
