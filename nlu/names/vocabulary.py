"""Which words may be a name, by the names and the common words that training has seen."""

import re
from collections.abc import Iterable
from pathlib import Path
from runpy import run_path

from nlu.components.component import State
from nlu.folding import fold
from nlu.names.lexicon import lexicon
from nlu.names.words import CJK, Word, split_words
from nlu.training.examples import TrainingData

MAX_WORD = 24
SHORTEST_UNLISTED = 4
# The languages whose function words spaCy lists and people write to a bot.
_STOP_WORDS_OF = (
    "en", "es", "pt", "fr", "de", "it", "ru", "uk", "fa", "ar", "tr", "hi", "pl", "id", "nl",
)  # fmt: skip
_LATIN = re.compile(r"[a-z]+\Z")
_NO_VOWEL = re.compile(r"[bcdfghjklmnpqrstvwxz]{3,}\Z")
_KEYBOARD = ("asdf", "sdfg", "dfgh", "qwer", "wert", "zxcv", "xcvb", "hjkl", "fghj", "jkjk", "lkjh")
_SMALL_LETTERS = frozenset("iuyreaoивсяуоکو")


class Vocabulary:
    """Listed first and family names against function words and common words."""

    def __init__(self) -> None:
        self._lexicon = lexicon()
        self._first: frozenset[str] = frozenset()
        self._family: frozenset[str] = frozenset()
        self._function: frozenset[str] = frozenset()
        self._own_function: frozenset[str] = frozenset()
        self._common: frozenset[str] = frozenset()

    def learn(
        self, data: TrainingData, entity: str, first: str, family: str, language: str
    ) -> None:
        """Take the names from two lookups and the marked examples, other words from the rest."""
        taught = [name.split()[0] for name in data.texts_of(entity)]
        self._first = _name_words([*data.lookups.get(first, []), *taught])
        self._family = _name_words(data.lookups.get(family, []))
        self._function = _function_words(_STOP_WORDS_OF)
        self._own_function = _function_words({"en", language} & set(_STOP_WORDS_OF))
        seen = frozenset(_words_outside(data, entity))
        self._common = (seen - self._first - self._family) | self._lexicon.common

    def state(self) -> State:
        """What to save."""
        return State({name: sorted(words) for name, words in self._lists().items()})

    def restore(self, state: State) -> None:
        """Take back what was saved."""
        self._first = frozenset(state.words("first"))
        self._family = frozenset(state.words("family"))
        self._function = frozenset(state.words("function"))
        self._own_function = frozenset(state.words("own_function"))
        self._common = frozenset(state.words("common"))

    def is_first_name(self, word: Word) -> bool:
        """Whether the word is a listed first name."""
        return word.folded in self._first

    def is_listed(self, word: Word) -> bool:
        """Whether the word is a listed first or family name."""
        if word.folded in self._first or word.folded in self._family:
            return True
        # Chinese writes the family name first, in one character or two, and no space after it.
        return bool(CJK.match(word.text)) and any(word.text[:n] in self._family for n in (1, 2))

    def may_be_name(self, word: Word, *, told: bool = False, inside: bool = False) -> bool:
        """Whether the word can be part of a name: right after `my name is`, or inside a name."""
        if len(word.folded) == 1:
            return inside and not word.parted and word.folded not in _SMALL_LETTERS
        if len(word.text) > MAX_WORD or _is_noise(word.folded):
            return False
        first_name = word.folded in self._first
        if word.folded in self._function:
            if first_name:
                return word.capital or word.caseless or inside or told
            return (inside or told) and word.capital and word.folded not in self._own_function
        if word.folded in self._lexicon.common:
            family_name = inside and word.folded in self._family
            return (first_name and (told or inside or word.capital)) or family_name
        if first_name or word.folded in self._family or (told and word.capital):
            return True
        if told:
            return word.folded not in self._common
        return not (word.folded in self._common or self._looks_common(word, inside))

    def _looks_common(self, word: Word, inside: bool) -> bool:
        """An English ending, or a reply misspelled or run together with the next word."""
        folded = word.folded
        if len(folded) > 5 and folded.endswith(self._lexicon.endings):
            return True
        if folded.endswith("s") and folded[:-1] in self._common:
            return True
        short = len(folded) < SHORTEST_UNLISTED and not (inside or word.capital or word.caseless)
        if short:
            return True
        return any(self._echoes(folded, reply) for reply in self._lexicon.replies)

    def _echoes(self, folded: str, reply: str) -> bool:
        if folded.startswith(reply):
            rest = folded[len(reply) :]
            return len(rest) < 2 or any(rest in words for words in self._ordinary())
        if folded.endswith(reply) and len(folded) > len(reply) > 2:
            return any(folded[: -len(reply)] in words for words in self._ordinary())
        return len(reply) > 3 and _one_edit_apart(folded, reply)

    def _ordinary(self) -> tuple[frozenset[str] | tuple[str, ...], ...]:
        own = self._lexicon
        return own.replies, own.common, self._common, self._own_function, self._first

    def _lists(self) -> dict[str, frozenset[str]]:
        return {
            "first": self._first,
            "family": self._family,
            "function": self._function,
            "own_function": self._own_function,
            "common": self._common,
        }


def _one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other turns one word into the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    same = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _is_noise(folded: str) -> bool:
    if not _LATIN.match(folded):
        return len(set(folded)) == 1
    if _NO_VOWEL.match(folded) or len(set(folded)) == 1:
        return True
    return any(run in folded for run in _KEYBOARD)


def _words_outside(data: TrainingData, entity: str) -> set[str]:
    """Each word that the examples use for something else than a name."""
    seen: set[str] = set()
    for example in data.examples:
        text = example.text
        for marked in sorted(example.entities, key=lambda e: -e.start):
            if marked.entity == entity:
                text = f"{text[: marked.start]} {text[marked.end :]}"
        seen.update(fold(word.text) for word in split_words(text, lexicon()))
    return seen


def _name_words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(w for name in names for w in _folded_words(name) if len(w) > 1)


def _function_words(codes: Iterable[str]) -> frozenset[str]:
    """The words that spaCy lists as carrying no meaning of their own."""
    import spacy  # only to train

    # Run as files: importing spaCy's French compiles its tokenizer for three seconds.
    folder = Path(spacy.__file__).parent / "lang"
    lists = (run_path(str(folder / code / "stop_words.py"))["STOP_WORDS"] for code in codes)
    return frozenset(fold(word) for words in lists for word in words)


def _folded_words(text: str) -> list[str]:
    return fold(text).replace("-", " ").split()
