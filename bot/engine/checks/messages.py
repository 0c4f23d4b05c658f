"""Messages that a channel refuses, cuts, or sends in many parts.

SMS: GSM 03.38 where every character fits, else UCS-2; Twilio refuses more than 1,600 characters.
WhatsApp: developers.facebook.com/docs/whatsapp/cloud-api, interactive messages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.engine.checks.project import Checking
from bot.engine.checks.walking import steps
from bot.engine.segments import foreign, segments
from bot.engine.steps import Say
from bot.engine.templates import TemplateInvalid, compiled
from bot.engine.wording import Text, in_language, versions

SMS_LONGEST = 1600
MOST_SEGMENTS, DEAREST_SEGMENTS = 10, 3
WHATSAPP_LONGEST = 4096
MOST_BUTTONS, BUTTON_TITLE = 3, 20
MOST_ROWS, ROW_TITLE, ROW_DESCRIPTION, LIST_BUTTON = 10, 24, 72, 20


@dataclass(frozen=True, slots=True)
class Length:
    """What a text weighs as SMS; `foreign` are the characters that make it UCS-2."""

    characters: int
    segments: int
    foreign: tuple[str, ...]
    least: bool

    @property
    def at_least(self) -> str:
        """Said where templates may make it longer."""
        return "at least " if self.least else ""


def measure(template: str) -> Length:
    """The length of a template without what its placeholders bring."""
    try:
        parts: Sequence[object] = compiled(template)
    except TemplateInvalid:
        parts = [template]
    text = "".join(part for part in parts if isinstance(part, str))
    return Length(
        len(text), segments(text), foreign(text), any(not isinstance(part, str) for part in parts)
    )


def lengths(c: Checking) -> None:
    """Texts that are refused, or dear."""
    for said in _said(c):
        for behind, words in versions(said.text):
            language = behind.removeprefix("/") or None
            lines = [f"{i}. {in_language(t, language)}" for i, t in enumerate(said.choices, 1)]
            _weigh(c, f"{said.place}{behind}", words, "\n".join([words, *lines]))


@dataclass(frozen=True, slots=True)
class _Said:
    """A message with the choices that an SMS shows as numbered lines."""

    place: str
    text: Text
    choices: tuple[Text, ...] = ()


def _said(c: Checking) -> Iterator[_Said]:
    for step, place in steps(c.flow):
        if isinstance(step, Say) and not step.template:
            titles = [button.title for button in step.buttons]
            titles += [row.title for row in (step.menu.rows if step.menu else ())]
            yield _Said(f"{place}/say", step.text, tuple(titles))
    for state in c.flow.states.values():
        question = state.collect
        if question:
            labels = tuple(option.label for option in question.choices)
            if question.ask:
                yield _Said(f"{question.place}/ask", question.ask, labels)
            if question.error:
                yield _Said(
                    f"{question.place}/error", question.error, labels if question.ask else ()
                )
    yield _Said("/apology", c.flow.apology)


_TRIED_ON = frozenset({"web", "rest"})
"""Channels of a project that is not in use yet: it may go to any."""


def _goes_to(c: Checking, channel: str) -> bool:
    channels = c.known.project.channels
    return channels <= _TRIED_ON or channel in channels


def _weigh(c: Checking, place: str, words: str, whole: str) -> None:
    sms, whatsapp = measure(whole), measure(words)
    cure = "say it in several messages, or shorter"
    if _goes_to(c, "sms") and (sms.characters > SMS_LONGEST or sms.segments > MOST_SEGMENTS):
        _too_long(c, place, sms, "SMS", SMS_LONGEST)
    elif _goes_to(c, "whatsapp") and whatsapp.characters > WHATSAPP_LONGEST:
        _too_long(c, place, whatsapp, "WhatsApp", WHATSAPP_LONGEST)
    elif _goes_to(c, "sms") and sms.segments > DEAREST_SEGMENTS:
        reason = f"{sms.at_least}{sms.segments} segments as SMS{_why(sms)}"
        c.add("many-segments", place, reason, _without_foreign(sms) or cure)


def _too_long(c: Checking, place: str, length: Length, channel: str, most: int) -> None:
    parts = f", {length.segments} segments{_why(length)}" if channel == "SMS" else ""
    limit = f"{most:,} characters" + (f" and {MOST_SEGMENTS} segments" if channel == "SMS" else "")
    reason = f"{length.at_least}{length.characters:,} characters{parts}: {channel} takes {limit}"
    c.add("message-too-long", place, reason, "say it in several messages, or shorter")


def _why(length: Length) -> str:
    if not length.foreign:
        return ""
    return f", as {_shown(length)} is not in the GSM alphabet"


def _without_foreign(length: Length) -> str:
    if 0 < len(length.foreign) <= 3:
        return f"without {_shown(length)} it takes less than half as many"
    return ""


def _shown(length: Length) -> str:
    more = ", ..." if len(length.foreign) > 3 else ""
    return ", ".join(repr(c) for c in length.foreign[:3]) + more


# Buttons and lists


def choices(c: Checking) -> None:
    """Buttons and rows that WhatsApp does not show."""
    if not _goes_to(c, "whatsapp"):
        return
    for step, place in steps(c.flow):
        if not isinstance(step, Say):
            continue
        if len(step.buttons) > MOST_BUTTONS:
            _too_many(c, f"{place}/buttons", len(step.buttons), "buttons", MOST_BUTTONS,
                      "ask with a 'list'")  # fmt: skip
        for i, button in enumerate(step.buttons):
            _fits(c, f"{place}/buttons/{i}", button.title, BUTTON_TITLE, "a button's title")
        if step.menu is None:
            continue
        _fits(c, f"{place}/list/button", step.menu.button, LIST_BUTTON, "the list's button")
        if len(step.menu.rows) > MOST_ROWS:
            _too_many(c, f"{place}/list/rows", len(step.menu.rows), "rows", MOST_ROWS,
                      "ask in two steps")  # fmt: skip
        for i, row in enumerate(step.menu.rows):
            at = f"{place}/list/rows/{i}"
            _fits(c, at, row.title, ROW_TITLE, "a row's title")
            _fits(c, f"{at}/description", row.description, ROW_DESCRIPTION, "a row's description")
    _of_questions(c)


def _of_questions(c: Checking) -> None:
    """A question's choices are buttons up to three, and rows of a list above."""
    for state in c.flow.states.values():
        question = state.collect
        if question is None or question.ask is None:
            continue
        count = len(question.choices)
        place = f"{question.place}/choices"
        if count > MOST_ROWS:
            _too_many(c, place, count, "rows", MOST_ROWS, "ask in two steps")
        rows = count > MOST_BUTTONS
        for i, option in enumerate(question.choices):
            what, most = (
                ("a row's title", ROW_TITLE) if rows else ("a button's title", BUTTON_TITLE)
            )
            _fits(c, f"{place}/{i}", option.label, most, what)


def _too_many(c: Checking, place: str, count: int, what: str, most: int, cure: str) -> None:
    reason = f"{count} {what}: WhatsApp shows {most} at most, the others as numbered lines"
    c.add("too-many-buttons", place, reason, cure)


def _fits(c: Checking, place: str, text: Text, most: int, what: str) -> None:
    for behind, words in versions(text):
        length = measure(words)
        if length.characters > most:
            reason = (
                f"{what} of {length.at_least}{length.characters} characters: WhatsApp shows {most}"
            )
            c.add("title-too-long", f"{place}{behind}", reason, "say it in fewer words")


PARTS = (lengths, choices)
