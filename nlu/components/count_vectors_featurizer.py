"""CountVectorsFeaturizer: which words or pieces of words a message has, weighed by rarity."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

import numpy as np

from nlu.components.component import Component, Options, State
from nlu.folding import fold, shorten_long_runs
from nlu.message import Features, Message
from nlu.training.examples import TrainingData

# Stands for a rare word. No tokenizer makes such a token.
RARE = "\x00"


class CountVectorsFeaturizerOptions(Options):
    """Rasa's names. `tf_idf` weighs a piece by rarity and gives every message the length 1;
    `mark_rare` adds a sign for each word that at most one example has, such as most names."""

    analyzer: Literal["word", "char", "char_wb"] = "word"
    min_ngram: int = 1
    max_ngram: int = 1
    min_df: int = 1
    max_features: int | None = None
    tf_idf: bool = True
    mark_rare: bool = True
    weight: float = 1.0


class CountVectorsFeaturizer(Component[CountVectorsFeaturizerOptions]):
    """A sparse row of n-grams."""

    Options = CountVectorsFeaturizerOptions
    learns_from_messages = True
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
        text = shorten_long_runs(fold(message.text))
        words = text.split(" ") if self.options.analyzer == "char_wb" else [text]
        return _char_grams(words, low, high)

    def _rare_grams(self, words: list[str], low: int, high: int) -> Iterator[str]:
        """The same n-grams with a sign in place of each rare word."""
        if not self.options.mark_rare:
            return
        marked = [w if w in self._familiar or not w[0].isalpha() else RARE for w in words]
        yield from (gram for gram in _word_grams(marked, low, high) if RARE in gram)


def _words(message: Message) -> list[str]:
    folded = (shorten_long_runs(fold(t.text)) for t in message.tokens)
    words = ["0" if word.isdecimal() else word for word in folded if word]
    # What a reply begins and ends with says more than what it merely holds: "no ...", "... ?"
    return ["^", *words, "$"]


def _word_grams(words: list[str], low: int, high: int) -> Iterator[str]:
    for size in range(low, high + 1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def _char_grams(words: list[str], low: int, high: int) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in range(low, min(high, len(padded)) + 1):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
