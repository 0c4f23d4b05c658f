"""parley nlu review: labels messages that were read badly, in the terminal."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import typer
from rich.console import Console
from rich.markup import escape

from bot.app import open_reviews
from bot.domain.reviews import Reason, Review
from bot.engine.findings import nearest
from bot.engine.parse import FALLBACK_INTENT
from bot.services.reviews import ReviewDecided, Reviews, is_intent_name
from bot.settings import Settings, load
from nlu.errors import NluError
from nlu.training.reader import read_project
from nlu.training.reviewed import ReviewedExamples

HELP = (
    "Label messages that were read badly; accepted ones become training examples.\n\n"
    "Example: parley nlu review"
)
PAGE = 200
BAR = 20
WHY: dict[Reason, str] = {
    "unsure": "no intent was likely enough",
    "reprompted": "the flow did not understand it, and understood the next message",
    "opted_out": "the contact opted out right after it",
    "handed_over": "the contact was handed to a person right after it",
}
KEYS = (
    "a  accept the guess        1, 2, ...  another intent by its number, or by its name\n"
    "n NAME  a new intent       l  list all intents\n"
    "e TEXT  change the text    s  skip      r  reject      q  quit"
)

console = Console()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was typed for one text."""

    do: Literal["accept", "reject", "skip", "quit"]
    intent: str | None = None
    text: str | None = None


@dataclass(slots=True)
class Count:
    """What came of it all."""

    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    new_intents: set[str] = field(default_factory=set)


def command(context: typer.Context) -> None:
    """Asks for each text what it means, the most frequent first."""
    settings = load(Path(context.obj))
    asyncio.run(_review(settings))


async def _review(settings: Settings) -> None:
    async with open_reviews(settings) as reviews:
        await _collect(settings, reviews)
        waiting = await _pending(reviews)
        if not waiting:
            console.print("Nothing waits for review.")
            return
        intents = _intents(settings)
        wait = "text waits" if len(waiting) == 1 else "texts wait"
        console.print(
            f"{len(waiting)} {wait}. Keys:\n{KEYS}", highlight=False, markup=False, soft_wrap=True
        )
        count = Count()
        for number, review in enumerate(waiting, 1):
            _show(review, number, len(waiting), intents)
            if not await _decided(reviews, review, intents, count):
                break
        _sum_up(settings, count)


async def _collect(settings: Settings, reviews: Reviews) -> None:
    if not settings.config.review.collect:
        console.print(
            "Collecting is off: set `review: {collect: true}` in config.yml", highlight=False
        )
    with console.status("Reading the log"):
        while await reviews.collect():
            pass


async def _pending(reviews: Reviews) -> list[Review]:
    """All that wait, the most frequent first; of equals the latest."""
    found: list[Review] = []
    cursor: str | None = None
    while True:
        page = await reviews.page(PAGE, cursor, "pending")
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return sorted(found, key=lambda it: (-it.count, -it.last_at, it.id))


def _intents(settings: Settings) -> list[str]:
    """Those of the domain and of the training data."""
    declared = {
        name
        for item in settings.domain.intents
        for name in ([item] if isinstance(item, str) else item)
    }
    try:
        taught = read_project(settings.project).intents()
    except NluError:
        taught = []
    return sorted({*declared, *taught} - {FALLBACK_INTENT})


def _choices(review: Review, intents: Sequence[str]) -> list[str]:
    """The intents by their numbers: the likeliest first, then all others."""
    likely = [name for name, _ in review.ranking]
    return list(dict.fromkeys([*likely, *intents]))


def _show(review: Review, number: int, total: int, intents: Sequence[str]) -> None:
    seen = datetime.fromtimestamp(review.last_at, UTC).strftime("%Y-%m-%d")
    times = f"{review.count} times, last " if review.count > 1 else ""
    console.print(f"\n[dim]{number} of {total} · {times}{seen}[/]", highlight=False)
    console.print(f"  [bold]{escape(review.text)}[/]", highlight=False, soft_wrap=True)
    place = " · ".join(filter(None, (review.flow, review.state)))
    if place or review.asked:
        asked = f" asked: {review.asked}" if review.asked else ""
        console.print(f"  {place}{asked}", style="dim", highlight=False, markup=False,
                      soft_wrap=True)  # fmt: skip
    console.print(f"  {WHY[review.reason]}", style="dim", highlight=False, markup=False)
    widest = max((len(name) for name, _ in review.ranking), default=0)
    for place_in, (name, share) in enumerate(review.ranking, 1):
        bar = "█" * round(BAR * share)
        console.print(f"  {place_in} {escape(name):<{widest}} [green]{bar}[/] {share:.2f}",
                      highlight=False)  # fmt: skip
    if review.guess:
        console.print(f"  guess: [bold]{escape(review.guess)}[/]", highlight=False)


async def _decided(reviews: Reviews, review: Review, intents: Sequence[str], count: Count) -> bool:
    """Asks until the text is decided or passed over; False where it was enough."""
    text: str | None = None
    while True:
        answer = await asyncio.to_thread(_ask, review, intents, text)
        text = answer.text
        if answer.do == "quit":
            return False
        if answer.do == "skip":
            count.skipped += 1
            return True
        try:
            if answer.do == "reject":
                await reviews.reject(review.id)
                count.rejected += 1
            else:
                await reviews.accept(review.id, answer.intent, answer.text)
                count.accepted += 1
                if answer.intent and answer.intent not in intents:
                    count.new_intents.add(answer.intent)
            return True
        except ReviewDecided:
            console.print("  Somebody has decided this one meanwhile.", style="yellow")
            return True
        except (ValueError, OSError) as error:
            console.print(f"  {error}", style="yellow", highlight=False, markup=False)


def _ask(review: Review, intents: Sequence[str], text: str | None) -> Answer:
    choices = _choices(review, intents)
    _complete_with(choices)
    for line in _lines():
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if word == "e":
            text = rest or None
            shown = text or review.text
            console.print(f"  text: {shown}", highlight=False, markup=False, soft_wrap=True)
        elif word == "l":
            for number, name in enumerate(choices, 1):
                console.print(f"  {number:>3} {name}", highlight=False, markup=False)
        else:
            answer = _answer(word, rest, review, choices, text)
            if isinstance(answer, Answer):
                return answer
            console.print(f"  {answer}", style="yellow", highlight=False, markup=False)
    return Answer("quit")


def _answer(
    word: str, rest: str, review: Review, choices: Sequence[str], text: str | None
) -> Answer | str:
    """What the word means; else what is to be told."""
    if word in ("s", "r", "q"):
        does: dict[str, Literal["skip", "reject", "quit"]] = {
            "s": "skip", "r": "reject", "q": "quit",
        }  # fmt: skip
        return Answer(does[word])
    if word == "a":
        told = "nothing was guessed: choose an intent"
        return Answer("accept", review.guess, text) if review.guess else told
    if word == "n":
        fits = is_intent_name(rest)
        return Answer("accept", rest, text) if fits else "type n and a name, such as: n ask_price"
    if word.isascii() and word.isdecimal():
        place = int(word[:6])
        known = 1 <= place <= len(choices)
        return Answer("accept", choices[place - 1], text) if known else f"there is no number {word}"
    return _named(word, choices, text)


def _named(word: str, choices: Sequence[str], text: str | None) -> Answer | str:
    """The intent of that name, or the only one that begins so."""
    if not word:
        return KEYS
    begun = [name for name in choices if name.startswith(word)]
    if word in choices or len(begun) == 1:
        return Answer("accept", word if word in choices else begun[0], text)
    if begun:
        return f"{word} may be {', '.join(begun[:10])}"
    near = nearest(word, choices)
    hint = f"; {near}" if near else ""
    return f"there is no intent {word}{hint}. To make it: n {word}"


def _lines() -> Iterator[str]:
    """What is typed, line by line, until the input ends."""
    while True:
        try:
            if sys.stdin.isatty():
                yield console.input("> ")
            else:
                line = sys.stdin.readline()
                if not line:
                    return
                console.print(f"> {line.rstrip()}", highlight=False, markup=False)
                yield line
        except (EOFError, UnicodeDecodeError):
            return


def _complete_with(names: Sequence[str]) -> None:
    """Lets Tab complete these names, where the terminal can."""
    try:
        import readline
    except ImportError:
        return

    def complete(begun: str, state: int) -> str | None:
        found = [name for name in names if name.startswith(begun)]
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def _sum_up(settings: Settings, count: Count) -> None:
    console.print(
        f"\n{count.accepted} accepted, {count.rejected} rejected, {count.skipped} skipped.",
        highlight=False,
    )
    if count.accepted:
        path = ReviewedExamples(settings.project).path.relative_to(settings.project)
        console.print(f"The examples are in {path}. Teach them: parley train", highlight=False)
    if count.new_intents:
        names = ", ".join(sorted(count.new_intents))
        console.print(
            f"New intents, to be named in domain.yml: {names}", highlight=False, markup=False
        )
