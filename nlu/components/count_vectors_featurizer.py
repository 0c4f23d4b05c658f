"""CountVectorsFeaturizer: which words or pieces of words a message has, weighed by rarity."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, combinations, islice
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from nlu.components.component import Component, Options, State
from nlu.folding import fold, shorten_long_runs
from nlu.message import Features, Message
from nlu.training.examples import TrainingData

# Stand for a rare word and a rare sign. No tokenizer makes such tokens.
RARE, RARE_SIGN = "\x00", "\x01"
# Of so many different words of a message pairs are made: their number grows with the square.
PAIRED_WORDS = 30
_FIRST, _LAST = "^", "$"
_LONG = 32
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d[\d.,:/-]*")


class CountVectorsFeaturizerOptions(Options):
    """Rasa's names, and `word_pairs`: words that stand in one message, however far apart.

    `tf_idf` weighs a piece by rarity and gives every message the length `weight`; `mark_rare` adds
    a sign for each word that at most one example has, such as most names.
    """

    analyzer: Literal["word", "char", "char_wb", "word_pairs"] = "word"
    min_ngram: int = Field(default=1, ge=1)
    max_ngram: int = Field(default=1, ge=1)
    min_df: int = Field(default=1, ge=1)
    max_features: int | None = Field(default=None, ge=1)
    tf_idf: bool = True
    mark_rare: bool = True
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_ngram > self.max_ngram:
            raise ValueError(f"min_ngram of at most max_ngram, which is {self.max_ngram}")
        return self


class CountVectorsFeaturizer(Component[CountVectorsFeaturizerOptions]):
    """A sparse row of n-grams."""

    Options = CountVectorsFeaturizerOptions
    learns_from_messages = True
    learns_from = frozenset({"texts"})
    ignored = frozenset(
        {
            "OOV_token", "OOV_words", "additional_vocabulary_size", "alias", "lowercase", "max_df",
            "stop_words", "strip_accents", "token_pattern", "use_lemma", "use_shared_vocab",
        }
    )  # fmt: skip

    def __init__(self, options: CountVectorsFeaturizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._columns: dict[str, int] = {}
        self._rarity: list[float] = []
        self._familiar: frozenset[str] = frozenset()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del data
        self._familiar = self._learn_familiar(messages)
        seen: Counter[str] = Counter()
        for message in messages:
            seen.update(set(self._grams(message)))
        grams = sorted(g for g, count in seen.items() if count >= self.options.min_df)
        if self.options.max_features is not None:
            frequent = sorted(grams, key=lambda g: (-seen[g], g))
            grams = sorted(frequent[: self.options.max_features])
        self._columns = {gram: column for column, gram in enumerate(grams)}
        # Rounded to what is saved, so that a loaded model reads exactly as a trained one.
        self._rarity = np.array(
            [math.log((1 + len(messages)) / (1 + seen[g])) + 1.0 for g in grams], np.float32
        ).tolist()

    def process(self, message: Message) -> None:
        counts: dict[int, int] = {}
        known = self._columns
        for gram in self._grams(message):
            column = known.get(gram)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        columns = list(counts)
        message.features.append(Features(columns, self._values(counts), len(known)))

    def state(self) -> State:
        return State(
            {"grams": list(self._columns), "familiar": sorted(self._familiar)},
            {"rarity": np.array(self._rarity, np.float32)},
        )

    def restore(self, state: State) -> None:
        grams = state.words("grams")
        self._columns = {gram: column for column, gram in enumerate(grams)}
        if len(self._columns) != len(grams):
            raise ValueError("a gram is listed twice")
        self._familiar = frozenset(state.words("familiar"))
        self._rarity = state.array("rarity", (len(grams),)).tolist()

    def _learn_familiar(self, messages: Sequence[Message]) -> frozenset[str]:
        if self.options.analyzer != "word" or not self.options.mark_rare:
            return frozenset()
        seen = Counter(word for m in messages for word in set(_words(m)))
        return frozenset(word for word, count in seen.items() if count > 1)

    def _values(self, counts: dict[int, int]) -> list[float]:
        if not self.options.tf_idf:
            return [count * self.options.weight for count in counts.values()]
        weighed = [
            (1.0 + math.log(count)) * self._rarity[column] for column, count in counts.items()
        ]
        norm = math.sqrt(sum(value * value for value in weighed))
        return [value * self.options.weight / norm for value in weighed]

    def _grams(self, message: Message) -> Iterator[str]:
        low, high = self.options.min_ngram, self.options.max_ngram
        if self.options.analyzer == "word":
            words = _words(message)
            return chain(_word_grams(words, low, high), self._rare_grams(words, low, high))
        if self.options.analyzer == "word_pairs":
            return _word_pairs(_words(message))
        text = _folded(message.text)
        words = text.split(" ") if self.options.analyzer == "char_wb" else [text]
        return _char_grams(words, low, high)

    def _rare_grams(self, words: list[str], low: int, high: int) -> Iterator[str]:
        """The same n-grams with a sign in place of each rare word."""
        if not self.options.mark_rare:
            return
        marked = [w if w in self._familiar else _rare(w) for w in words]
        for gram in _word_grams(marked, low, high):
            if RARE in gram or RARE_SIGN in gram:
                yield gram


def _words(message: Message) -> list[str]:
    folded = (_word(t.text) if len(t.text) < _LONG else _folded(t.text) for t in message.tokens)
    # Numbers, times and dates are alike, whatever they are.
    words = [_DIGITS.sub("0", w) if _NUMBER.fullmatch(w) else w for w in folded if w]
    # What a reply begins and ends with says more than what it merely holds: "no ...", "... ?"
    return [_FIRST, *words, _LAST]


def _rare(word: str) -> str:
    """The sign for a word that no two examples have; one for emoji and the like is another."""
    if word[0].isalpha():
        return RARE
    return word if word[0].isalnum() or word[0].isascii() else RARE_SIGN


def _folded(word: str) -> str:
    return shorten_long_runs(fold(word))


# Most words of a message were in others before it.
_word = lru_cache(maxsize=8192)(_folded)


def _word_grams(words: list[str], low: int, high: int) -> Iterator[str]:
    for size in range(low, high + 1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def _word_pairs(words: list[str]) -> Iterator[str]:
    different = dict.fromkeys(word for word in words[1:-1] if word[0].isalnum())
    paired = sorted(islice(different, PAIRED_WORDS))
    return (f"{one} {other}" for one, other in combinations(paired, 2))


def _char_grams(words: list[str], low: int, high: int) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in range(low, min(high, len(padded)) + 1):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
