"""Which words may be a name, by the names and the common words that training has seen."""

import re
from collections.abc import Iterable
from pathlib import Path
from runpy import run_path

from nlu.components.component import State
from nlu.folding import fold
from nlu.names.lexicon import lexicon
from nlu.names.replies import shipped_names
from nlu.names.words import CJK, Word, split_words
from nlu.training.examples import TrainingData

MAX_WORD = 24
SHORTEST_UNLISTED = 4
# A Chinese or Japanese name: the family name and one to three characters more.
MAX_CJK_NAME = 5
# The languages whose function words spaCy lists and people write to a bot.
_STOP_WORDS_OF = (
    "en", "es", "pt", "fr", "de", "it", "ru", "uk", "fa", "ar", "tr", "hi", "pl", "id", "nl",
)  # fmt: skip
_LATIN = re.compile(r"[a-z]+\Z")
_NO_VOWEL = re.compile(r"[bcdfghjklmnpqrstvwxz]{3,}\Z")
_KEYBOARD = ("asdf", "sdfg", "dfgh", "qwer", "wert", "zxcv", "xcvb", "hjkl", "fghj", "jkjk", "lkjh")
_POSSESSIVE = ("'s", "’s")
_SMALL_LETTERS = frozenset("iuyreaoивсяуоکو")
_ENDINGS = (
    ("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")),
    ("ing", ("", "e")), ("ers", ("", "e")), ("er", ("", "e")), ("est", ("", "e")), ("ily", ("y",)),
    ("ly", ("", "e")), ("ions", ("", "e")), ("ion", ("", "e")), ("able", ("", "e")),
)  # fmt: skip
_LISTS = ("given", "family", "also_given", "also_family", "function", "own_function", "common")


class Vocabulary:
    """Listed given and family names against function words and common words.

    A name that is an ordinary word too (`Page`, `Wise`) is kept apart: `also_given`, `also_family`.
    What a project lists or marks itself is a name whatever else it may be.
    """

    def __init__(self) -> None:
        self._lexicon = lexicon()
        self._take({name: frozenset() for name in _LISTS})

    def learn(
        self, data: TrainingData, entity: str, given: str, family: str, language: str
    ) -> None:
        """Take the names from two lookups and the marked examples, other words from the rest."""
        taught = [name.split()[0] for name in data.texts_of(entity)]
        own_given = _name_words([*data.lookups.get(given, []), *taught])
        own_family = _name_words(data.lookups.get(family, []))
        function = _function_words(_STOP_WORDS_OF)
        seen = frozenset(_words_outside(data, entity))
        common = (seen - own_given - own_family) | self._lexicon.common
        ordinary = common | function | self._lexicon.also_words
        shipped_given, shipped_family = _shipped("given.yml"), _shipped("family.yml")
        self._take({
            "given": own_given | (shipped_given - ordinary),
            "family": own_family | (shipped_family - ordinary),
            "also_given": shipped_given & ordinary,
            "also_family": shipped_family & ordinary,
            "function": function,
            "own_function": _function_words({"en", language} & set(_STOP_WORDS_OF)),
            "common": common,
        })  # fmt: skip

    def state(self) -> State:
        """What to save."""
        return State({name: sorted(words) for name, words in self._lists.items()})

    def restore(self, state: State) -> None:
        """Take back what was saved."""
        self._take({name: frozenset(state.words(name)) for name in _LISTS})

    def is_given(self, word: Word) -> bool:
        """Whether the word is a listed given name."""
        return word.folded in self.given or any(p in self.given for p in word.parts)

    def is_family(self, word: Word) -> bool:
        """Whether the word is a listed family name."""
        return word.folded in self.family or any(p in self.family for p in word.parts)

    def is_listed(self, word: Word) -> bool:
        """Whether the word is a listed given or family name."""
        if self.is_given(word) or self.is_family(word):
            return True
        # Chinese and Japanese write the family name first and no space after it.
        return self.cjk_family(word) > 0

    def cjk_family(self, word: Word) -> int:
        """How many characters of a Chinese or Japanese name are its family name; 0 for no name."""
        if not CJK.match(word.text) or len(word.text) > MAX_CJK_NAME:
            return 0
        if word.folded in self.common or word.folded in self._lexicon.common:
            return 0
        longest = min(3, len(word.text))
        sizes = (n for n in range(longest, 0, -1) if word.text[:n] in self.family)
        size = next(sizes, 0)
        return size if size and len(word.text) - size <= (2 if size == 1 else 3) else 0

    def is_ordinary(self, folded: str) -> bool:
        """Whether it is a word of the language first, and a name second."""
        if folded in self.common or folded in self.own_function:
            return folded not in self.given or folded in self._lexicon.common
        also = folded in self.function or folded in self._lexicon.also_words
        return also and folded not in self.given

    def is_inflected(self, folded: str) -> bool:
        """`charges`, `solved`, `quickly`: an English form of a common word."""
        if len(folded) < 5 or folded in self.given or folded in self.family:
            return False
        for ending, instead in _ENDINGS:
            if folded.endswith(ending):
                stem = folded[: -len(ending)]
                if any(stem + letters in self.common for letters in instead):
                    return True
                if len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in self.common:
                    return True
        return False

    def is_verb(self, word: Word) -> bool:
        """`опаздываю`, `geliyorum`: what the writer does, by a form that no name has."""
        spelled = word.text.casefold()
        if len(spelled) < SHORTEST_UNLISTED:
            return False
        begins = spelled.startswith(self._lexicon.verb_beginnings)
        return begins or spelled.endswith(self._lexicon.verb_endings)

    def may_be_name(self, word: Word, *, told: bool = False, inside: bool = False) -> bool:
        """Whether the word can be part of a name: right after `my name is`, or inside a name."""
        if len(word.folded) == 1:
            return self._may_be_letter(word, told, inside)
        if len(word.text) > MAX_WORD or _is_noise(word.folded) or word.text.endswith(_POSSESSIVE):
            return False
        if CJK.match(word.text) and not told:
            return self.is_listed(word)
        if self.is_verb(word):
            return False
        given = self.is_given(word)
        family = inside and (word.folded in self.family or word.folded in self.also_family)
        also = len(word.folded) > 2 and (
            word.folded in self.also_given or word.folded in self.also_family
        )
        # Where no capital tells them apart: the second word of `محمد علي` means "on me", too.
        if inside and also and word.caseless:
            return True
        if word.folded in self.function:
            if given:
                return word.capital or word.caseless or inside or told
            if told and also:
                return True
            # `Ed` and `Bo` are words of other languages.
            named = inside or told or word.folded in self.also_given
            return named and word.capital and word.folded not in self.own_function
        if word.folded in self._lexicon.common:
            named = given and (told or inside or word.capital)
            called = told and (also or self.is_family(word))
            return named or called or (family and word.capital)
        if given or self.is_family(word) or (told and word.capital):
            return True
        if told:
            return also or word.folded not in self.common
        return not (word.folded in self.common or self._looks_common(word, inside))

    def _may_be_letter(self, word: Word, told: bool, inside: bool) -> bool:
        """An initial, or a Chinese family name alone: `我姓王`."""
        if told and CJK.match(word.text):
            return self.is_family(word)
        return inside and not word.parted and word.folded not in _SMALL_LETTERS

    def _looks_common(self, word: Word, inside: bool) -> bool:
        """An English ending, or a reply misspelled or run together with the next word."""
        folded = word.folded
        if len(folded) > 5 and folded.endswith(self._lexicon.endings):
            return True
        if self.is_inflected(folded):
            return True
        short = len(folded) < SHORTEST_UNLISTED and not (inside or word.capital or word.caseless)
        return short or self.echoes_reply(folded)

    def echoes_reply(self, folded: str) -> bool:
        """`nothng`, `yesplease`: a reply misspelled or run together with the next word."""
        return any(self._echoes(folded, reply) for reply in self._lexicon.replies)

    def _echoes(self, folded: str, reply: str) -> bool:
        if folded.startswith(reply):
            rest = folded[len(reply) :]
            if len(reply) < 3:
                return len(rest) > 3 and rest in self._lexicon.common
            return len(rest) < 2 or any(rest in words for words in self._ordinary())
        if folded.endswith(reply) and len(folded) > len(reply) > 2:
            return any(folded[: -len(reply)] in words for words in self._ordinary())
        return len(reply) > 3 and _one_edit_apart(folded, reply)

    def _ordinary(self) -> tuple[frozenset[str] | tuple[str, ...], ...]:
        own = self._lexicon
        return own.replies, own.common, self.common, self.own_function, self.given

    def _take(self, lists: dict[str, frozenset[str]]) -> None:
        self._lists = lists
        self.given = lists["given"]
        self.family = lists["family"]
        self.also_given = lists["also_given"]
        self.also_family = lists["also_family"]
        self.function = lists["function"]
        self.own_function = lists["own_function"]
        self.common = lists["common"]


def _one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two that change places, turn one into the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    same = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    if len(one) == len(other) and one[same + 2 :] == other[same + 2 :]:
        return (
            one[same : same + 2] == other[same : same + 2][::-1]
            or one[same + 1 :] == other[same + 1 :]
        )
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _is_noise(folded: str) -> bool:
    if not _LATIN.match(folded):
        return len(set(folded)) == 1 and len(folded) > 1
    if _NO_VOWEL.match(folded) or len(set(folded)) == 1:
        return True
    return any(run in folded for run in _KEYBOARD)


def _shipped(file: str) -> frozenset[str]:
    return _name_words(name for group in shipped_names(file).values() for name in group)


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
    """The words of the names; a Chinese family name may have one character."""
    return frozenset(w for name in names for w in _folded_words(name) if len(w) > 1 or CJK.match(w))


def _function_words(codes: Iterable[str]) -> frozenset[str]:
    """The words that spaCy lists as carrying no meaning of their own."""
    import spacy  # only to train

    # Run as files: importing spaCy's French compiles its tokenizer for three seconds.
    folder = Path(spacy.__file__).parent / "lang"
    lists = (run_path(str(folder / code / "stop_words.py"))["STOP_WORDS"] for code in codes)
    return frozenset(fold(word) for words in lists for word in words)


def _folded_words(text: str) -> list[str]:
    return fold(text).replace("-", " ").split()
