"""A log-linear model of languages over words and sequences of letters.

A part of a text counts for a language by how much commoner it is there than among all of them:
log((1 - B) p / q + B), with p its frequency in the language, among the parts of its script, and q
the mean of p over all. B keeps a single part from deciding alone, and keeps languages with few
examples comparable to others.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlu.languages.ngrams import grams_of, is_unspaced, words_of
from nlu.languages.scripts import script_of

BACKGROUND = 0.1
# The parts of a word say much the same: what they add up to is divided by this. Fitted on the
# thirds of the shipped data, each left out once, so that a confidence of 0.9 is right 9 in 10 times.
TEMPERATURE = 6.0
# The weight of a word that its language has never seen is log(BACKGROUND), -2.3; a little above it:
_UNKNOWN = -2.2
_CACHED_WORDS = 2048
# A listed word or letter counts as if it had been seen so many times.
_LISTED_WORD = 2
_LISTED_LETTER = 4
_FEWEST_OF_LONG = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of a text say: how likely each candidate is, and how many words it knows."""

    probabilities: dict[str, float]
    known: dict[str, float]


class LanguageModel:
    """`weights` has shape (grams, languages)."""

    def __init__(
        self, languages: Sequence[str], grams: Sequence[str], weights: NDArray[np.float32]
    ) -> None:
        if weights.shape != (len(grams), len(languages)):
            raise ValueError("grams and weights of the languages differ in number")
        self._nothing = np.zeros((2, len(languages)), np.float32)
        self.languages = list(languages)
        self.grams = list(grams)
        self.weights = weights
        self._rows = {gram: row for row, gram in enumerate(self.grams)}
        self._columns = {language: column for column, language in enumerate(self.languages)}
        self._read_word = lru_cache(maxsize=_CACHED_WORDS)(self._evidence)

    def read(self, words: Sequence[str], candidates: Mapping[str, float]) -> Reading:
        """How likely each candidate is, given how much likelier one is than another beforehand."""
        columns = [self._columns[each] for each in candidates]
        total: NDArray[np.float32] = sum(map(self._read_word, words), self._nothing)
        seen = total[0, columns].tolist()
        scores = [
            math.log(odds) + score / TEMPERATURE
            for odds, score in zip(candidates.values(), seen, strict=True)
        ]
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        whole = sum(shares)
        return Reading(
            {each: share / whole for each, share in zip(candidates, shares, strict=True)},
            dict(zip(candidates, total[1, columns].tolist(), strict=True)),
        )

    def _evidence(self, word: str) -> NDArray[np.float32]:
        """Of shape (2, languages): the sum of the weights, and 1 where the word is known."""
        rows = [row for gram in grams_of(word) if (row := self._rows.get(gram)) is not None]
        evidence = self._nothing.copy()
        evidence[0] = self.weights[rows].sum(axis=0)
        known = [f" {word} "] if not is_unspaced(word) else list(word)
        for row in (row for each in known if (row := self._rows.get(each)) is not None):
            evidence[1] = np.maximum(evidence[1], self.weights[row] > _UNKNOWN)
        return evidence


def learn(
    texts: Mapping[str, Iterable[str]],
    words: Mapping[str, Collection[str]],
    letters: Mapping[str, str],
) -> LanguageModel:
    """The model of texts, common words and telling letters, each by language."""
    languages = sorted(texts)
    counts = [
        _counted(texts[each], words.get(each, ()), letters.get(each, "")) for each in languages
    ]
    total: Counter[str] = Counter()
    for counted in counts:
        total.update(counted)
    grams = sorted(g for g, n in total.items() if n >= _FEWEST_OF_LONG or _is_kept(g))
    table = np.array([[c.get(g, 0) for c in counts] for g in grams], np.float64)
    table = table.reshape(len(grams), len(languages))
    shares = np.sqrt(table)
    scripts = np.array([script_of(gram) or "" for gram in grams])
    for script in set(scripts.tolist()):
        # A text is in one script, so a language that has two is as much of each as any other.
        shares[scripts == script] /= np.maximum(shares[scripts == script].sum(axis=0), 1.0)
    mean = shares.mean(axis=1, keepdims=True)
    mean[mean == 0] = 1.0
    weights = np.log((1.0 - BACKGROUND) * shares / mean + BACKGROUND)
    return LanguageModel(languages, grams, weights.astype(np.float32))


def _is_kept(gram: str) -> bool:
    """Whether it counts even if it was seen once: a pair of characters, or a whole word."""
    return len(gram) <= 2 or (gram[0] == gram[-1] == " ")


def _counted(texts: Iterable[str], words: Iterable[str], letters: str) -> Counter[str]:
    seen: Counter[str] = Counter(w for text in texts for w in words_of(text))
    for word in words:
        seen[word] += _LISTED_WORD
    found: Counter[str] = Counter()
    for word, times in seen.items():
        for gram in grams_of(word):
            found[gram] += times
    for letter in letters:
        found[letter] += _LISTED_LETTER
    return found
