"""Keywords of triggers: how they are looked for in a message, in any script."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from bot.engine.conditions import MARKS
from bot.engine.flow import State, Trigger
from bot.engine.patterns import is_in

LONGEST_SEARCHED = 2000
"""Characters of a message that are searched."""
# Thai, Lao, Burmese and Khmer; kana, Chinese characters and what stands beside them.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f]"
)
_JOINERS = "\u200c\u200d"


def heard(text: str) -> str:
    """A text as keywords are compared: without capitals, double spaces and the mark at its end.

    The same letters have the same form, however they were typed.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split()).strip(MARKS)


def is_said(trigger: Trigger, text: str) -> bool:
    """Whether the text has one of the trigger's keywords, in the way that it asks for."""
    word = heard(text)
    if not word:
        return False
    match trigger.match:
        case "exact":
            return word in _heard_words(trigger.value)
        case "contains":
            searched = word[:LONGEST_SEARCHED]
            return any(_stands_in(keyword, searched) for keyword in _heard_words(trigger.value))
        case _:
            return any(is_in(pattern, word[:LONGEST_SEARCHED]) for pattern in trigger.value)


def is_exit_word(text: str, state: State | None) -> bool:
    """Whether a reply leaves the question of the state."""
    question = state.collect if state else None
    if question is None or not question.exit_words:
        return False
    # A word may be nothing but a mark.
    written = text.strip().casefold() in question.exit_words
    return written or heard(text) in _heard_words(question.exit_words)


@lru_cache(maxsize=4096)
def _heard_words(keywords: Collection[str]) -> frozenset[str]:
    return frozenset(word for keyword in keywords if (word := heard(keyword)))


def _stands_in(keyword: str, text: str) -> bool:
    """Whether it stands there as words of its own; scripts without spaces know no such thing."""
    start = text.find(keyword)
    while start >= 0:
        end = start + len(keyword)
        if _ends_word(text, start) and _ends_word(text, end):
            return True
        start = text.find(keyword, start + 1)
    return False


def _ends_word(text: str, place: int) -> bool:
    """Whether no word goes on across the place."""
    if place == 0 or place == len(text):
        return True
    left, right = text[place - 1], text[place]
    if unicodedata.category(right).startswith("M") or right in _JOINERS:
        return False
    if _UNSPACED.match(left) or _UNSPACED.match(right):
        return True
    return not (_in_word(left) and _in_word(right))


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter in _JOINERS or unicodedata.category(letter).startswith("M")
