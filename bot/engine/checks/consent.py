"""Opt-out and help words that a flow expects as answers: they are always handled before it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.engine.checks.project import Checking
from bot.engine.checks.walking import conditions, leaves, steps
from bot.engine.conditions import Compare, Computed
from bot.engine.flow import State
from bot.engine.steps import Say
from bot.engine.transcripts import Transcript
from bot.engine.wording import Text, versions

STOP_WORDS = frozenset(
    {
        "stop", "unsubscribe", "end", "quit", "stopall", "stop all", "revoke", "optout", "opt out",
        "opt-out", "cancel", "стоп", "отписаться", "لغو", "توقف", "arrêt",
    }
)  # fmt: skip
"""The same words as in bot/domain/consent.py, which a test compares."""
HELP_WORDS = frozenset({"help", "info"})
OPT_OUT = "opt_out"
_CONTAINED = frozenset({"stop", "unsubscribe", "stopall", "optout", "opt out", "opt-out"})
_IN_EXPRESSION = re.compile(r"\btext\s*==\s*['\"]([^'\"]+)['\"]")


def plain(text: str) -> str:
    """A message as consent words are compared."""
    return unicodedata.normalize("NFKC", text).strip().strip(".!?\"'").strip().casefold()


def stop_words(c: Checking) -> None:
    """Every place where somebody is expected to write such a word as the whole message."""
    for state in c.flow.states.values():
        for word, place in _answers(state):
            _told(c, word, place, "answer", c.explorer.before, state.name)
    _shown_words(c)
    for trigger in c.flow.triggers:
        if trigger.kind == "keyword" and trigger.match != "regex":
            for word in trigger.value:
                _told(c, word, f"{trigger.place}/keyword", "keyword")
    for condition, where in conditions(c.flow):
        for leaf, place in leaves(condition, where):
            if isinstance(leaf, Computed):
                for word in _IN_EXPRESSION.findall(leaf.source):
                    _told(c, word, place, "text", _to_condition, c, where)
            else:
                _compared(c, leaf, place, where)


def _shown_words(c: Checking) -> None:
    """Buttons and rows, which come back as their words when they are tapped."""
    for step, place in steps(c.flow):
        if isinstance(step, Say):
            for i, button in enumerate(step.buttons):
                _told_text(c, button.title, f"{place}/buttons/{i}", "button")
            for i, row in enumerate(step.menu.rows if step.menu else ()):
                _told_text(c, row.title, f"{place}/list/rows/{i}", "row")


def _answers(state: State) -> Iterator[tuple[str, str]]:
    question = state.collect
    if question is None:
        return
    for word in sorted(question.exit_words):
        yield word, f"{question.place}/exit_words"
    for i, option in enumerate(question.choices):
        place = f"{question.place}/choices/{i}"
        for _, words in versions(option.label):
            yield words, place
        for word in option.words:
            yield word, f"{place}/words"


def _told_text(c: Checking, text: Text, place: str, what: str) -> None:
    for behind, words in versions(text):
        _told(c, words, f"{place}{behind}", what)


def _compared(c: Checking, leaf: object, place: str, where: str) -> None:
    if not isinstance(leaf, Compare):
        return
    if leaf.subject == "intent" and leaf.key == OPT_OUT and "/triggers/" not in place:
        c.add("opt-out-intent", f"{place}/intent",
              "a wish to opt out is granted before any flow is asked",
              "take it out: the contact is opted out, and all sessions end")  # fmt: skip
    if leaf.subject != "text" or leaf.op not in ("=", "in", "contains"):
        return
    listed = leaf.value if isinstance(leaf.value, list | tuple) else [leaf.value]
    for value in listed:
        if isinstance(value, str) and (leaf.op != "contains" or plain(value) in _CONTAINED):
            _told(c, value, f"{place}/value", "text", _to_condition, c, where)


def _to_condition(c: Checking, where: str) -> Sequence[Mapping[str, Any]]:
    """The conversation to the state whose way on has the condition at a place."""
    node = where.removesuffix("/condition")
    for state in c.flow.states.values():
        for transition in state.transitions:
            if transition.place.removesuffix("/enter") == node:
                return c.explorer.before(state.name)
    return []


def _told(
    c: Checking, word: str, place: str, what: str,
    before: Callable[..., Sequence[Mapping[str, Any]]] | None = None, *about: Any,
) -> None:  # fmt: skip
    """`before(*about)` are the steps to where the word is expected."""
    said = plain(word)
    if said in STOP_WORDS:
        c.add("stop-word", place,
              f"the {what} {word!r} never comes here: it opts the contact out, and ends the session",
              "choose another word; opting out works everywhere by itself",
              _shown, word, {"ended": "opted_out"}, before, *about)  # fmt: skip
    elif said in HELP_WORDS:
        c.add("help-word", place, f"the {what} {word!r} never comes here: help is given instead",
              "choose another word", _shown, word, {"ended": False}, before, *about)  # fmt: skip


def _shown(
    word: str, end: Mapping[str, Any],
    before: Callable[..., Sequence[Mapping[str, Any]]] | None, *about: Any,
) -> Transcript:  # fmt: skip
    """The word where it is expected, and what comes of it."""
    steps_ = before(*about) if before else ()
    return (*steps_, {"user": word}, end) if steps_ else ()


PARTS = (stop_words,)
