"""The learned part: a conditional random field that marks the words of a name."""

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlu import crf
from nlu.components.component import State
from nlu.names.lexicon import lexicon
from nlu.names.replies import Reply, made_up
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import CJK, Word, split_words
from nlu.training.examples import TrainingData

SEED = 7
# How often a word is learned as if it were on no list, so that the field can read names that nobody
# listed and leave common words that nobody listed.
UNLISTED_NAME = 0.6
UNLISTED_WORD = 0.2
C1 = 0.05
C2 = 0.02
MAX_ITERATIONS = 60
MAX_WORDS = 40
BEGIN, INSIDE, OUTSIDE = "B", "I", "O"


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words `first` to `last` (exclusive) as a name, and how likely all of them are."""

    first: int
    last: int
    confidence: float


class NameTagger:
    """Marks names. Safe to share between threads once it has learned."""

    def __init__(self) -> None:
        self._crf: crf.Crf | None = None

    def learn(self, data: TrainingData, entity: str, vocabulary: Vocabulary) -> None:
        """Learn from made-up replies and from the project's own examples."""
        chance = random.Random(SEED)  # noqa: S311 nothing secret depends on it
        sequences: list[list[list[str]]] = []
        labels: list[list[str]] = []
        words = sorted(w for w in lexicon().common if w.isascii())
        replies: Iterable[Reply] = (*made_up(words, seed=SEED), *_own(data, entity))
        for reply in replies:
            split = split_words(reply.text, lexicon())[:MAX_WORDS]
            if not split or any(CJK.match(w.text) for w in split):
                continue
            own = list(_labels(split, reply))
            hidden = frozenset(
                word.folded
                for word, label in zip(split, own, strict=True)
                if chance.random() < (UNLISTED_WORD if label == OUTSIDE else UNLISTED_NAME)
            )
            sequences.append(features(reply.text, split, vocabulary, hidden))
            labels.append(own)
        self._crf = crf.train(sequences, labels, c1=C1, c2=C2, max_iterations=MAX_ITERATIONS)

    def tag(self, text: str, words: Sequence[Word], vocabulary: Vocabulary) -> Tagged | None:
        """The likeliest name in the text; None where the field marks none."""
        if self._crf is None or not words or len(words) > MAX_WORDS:
            return None
        if any(CJK.match(w.text) for w in words):
            return None
        labels = self._crf.tag(features(text, words, vocabulary))
        return max(_names(labels), key=lambda n: n.confidence, default=None)

    def state(self) -> State:
        """What to save."""
        return self._crf.state() if self._crf else State()

    def restore(self, state: State) -> None:
        """Take back what was saved."""
        self._crf = crf.Crf.from_state(state)


def features(
    text: str,
    words: Sequence[Word],
    vocabulary: Vocabulary,
    hidden: Collection[str] = frozenset(),
) -> list[list[str]]:
    """What the field knows of each word; of those that are `hidden`, no list tells it anything."""
    gaps = _gaps(text, words)
    count = len(words)
    cores = [_core(word, vocabulary, hidden) for word in words]
    size = f"size={min(count, 6)}"
    rows: list[list[str]] = []
    for at, word in enumerate(words):
        row = ["bias", size, f"<{gaps[at]}", f">{gaps[at + 1]}", *cores[at], *_letters(word)]
        before = cores[at - 1] if at else ["^"]
        after = cores[at + 1] if at + 1 < count else ["$"]
        row += ["-1" + f for f in before]
        row += ["+1" + f for f in after]
        if at > 1:
            row.append("-2" + cores[at - 2][0])
            row.append(f"-2{cores[at - 2][0]}|{cores[at - 1][0]}")
        if count == 1:
            row.append("alone" + cores[0][0])
        rows.append(row)
    return rows


def _core(word: Word, vocabulary: Vocabulary, hidden: Collection[str]) -> list[str]:
    """The word itself where it is an ordinary one, its shape, and the lists it is on."""
    folded = word.folded
    shape = "s=" + _shape(word)
    if folded in hidden:
        return ["w?", shape]
    found = ["w=" + folded if vocabulary.is_ordinary(folded) else "w?", shape]
    own = lexicon()
    if folded in own.particles:
        found.append("particle")
    if folded in own.titles:
        found.append("title")
    if vocabulary.is_given(word):
        found.append("given")
    elif folded in vocabulary.also_given:
        found.append("given?")
    if vocabulary.is_family(word):
        found.append("family")
    elif folded in vocabulary.also_family:
        found.append("family?")
    if found[0] == "w?" and vocabulary.is_inflected(folded):
        found.append("inflected")
    return found


def _shape(word: Word) -> str:
    text = word.text
    if len(text) == 1:
        return "X1" if word.capital else "x1"
    if word.caseless:
        return "-"
    if text.islower():
        return "x"
    if text.isupper():
        return "X"
    return "Xx" if word.capital else "xX"


def _letters(word: Word) -> list[str]:
    folded = word.folded
    padded = f"^{folded}$"
    found = [f"len={min(len(folded), 9)}"]
    found += ["p" + padded[:n] for n in (3, 4)]
    found += ["e" + padded[-n:] for n in (2, 3, 4, 5)]
    if "-" in word.text:
        found.append("hyphen")
    if "." in word.text:
        found.append("point")
    return found


def _gaps(text: str, words: Sequence[Word]) -> list[str]:
    """What stands before each word, and after the last."""
    places = [0, *(w.end for w in words)]
    begins = [*(w.start for w in words), len(text)]
    return [_gap(text[a : min(b, a + 40)]) for a, b in zip(places, begins, strict=True)]


def _gap(between: str) -> str:
    if any(c.isdigit() for c in between):
        return "9"
    signs = between.strip()
    return signs[:1] if signs else ("" if not between else "_")


def _names(labels: Sequence[tuple[str, float]]) -> Iterator[Tagged]:
    first, likely = -1, 1.0
    for at, (label, share) in enumerate([*labels, (OUTSIDE, 1.0)]):
        if first >= 0 and label != INSIDE:
            yield Tagged(first, at, likely)
            first = -1
        if label == BEGIN or (label == INSIDE and first < 0):
            first, likely = at, share
        elif label == INSIDE:
            likely = min(likely, share)


def _labels(words: Sequence[Word], reply: Reply) -> Iterator[str]:
    begun = False
    for word in words:
        if reply.start < word.end and word.start < reply.end:
            yield INSIDE if begun else BEGIN
            begun = True
        else:
            yield OUTSIDE


def _own(data: TrainingData, entity: str) -> Iterator[Reply]:
    for example in data.examples:
        marked = [e for e in example.entities if e.entity == entity]
        if not marked:
            yield Reply(example.text)
        elif len(marked) == 1:
            yield Reply(example.text, marked[0].start, marked[0].end)
