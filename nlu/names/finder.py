"""Finds the name: by the phrase before it, the phrase after it, the tagger, or by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from nlu.names.extent import MAX_BARE_WORDS, MAX_NAME_WORDS, Extent
from nlu.names.lexicon import lexicon
from nlu.names.tagging import NameTagger, Tagged
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import CJK, Word, is_initial, phrase_at, skip, split_words

READ_AT_MOST = 300
TOLD = 0.96
LIKELY = 0.9
GUESSED = 0.7
# A lone word that nobody listed may be anything.
UNKNOWN = 0.6
# How sure the tagger must be to correct where a told name ends, to add to what the classifier
# expects, and to find a name that the classifier does not expect.
REFINES = 0.6
AGREES = 0.4
INSISTS = 0.75
# How likely the classifier must find it that a message, which could be a name, gives one.
EXPECTED = 0.1
# And how likely that what is no listed name may be one.
GIVEN = 0.5
_NUMBER_NEXT = re.compile(
    r"[\s,]{1,3}(?:and\s)?(?:(?!(?:to|my|at|for|in|on|of|by|the|per|is|a)\s)[^\W\d_]{1,4}\s){0,2}[^\W\d_]{0,3}\d"
)
_QUESTION_MARKS = ("?", "؟", "？")
_COMMAS = (",", "،", "，", ":", ".", "-", "!")


class Phrasing(Enum):
    """How much a phrase before a name promises."""

    STRONG = auto()
    WEAK = auto()
    WEAK_IF_SURE = auto()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the classifier says: how likely a name is given, and whether anything else leads."""

    likely: float
    leads: bool
    other_is_clear: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The words `first` to `last` (exclusive) as a name; `whole` if the message says no more."""

    first: int
    last: int
    confidence: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`; `whole` if the message says no more."""

    start: int
    end: int
    confidence: float
    whole: bool
    words: tuple[Word, ...]


def find_name(
    text: str, vocabulary: Vocabulary, tagger: NameTagger, expectation: Expectation
) -> Name | None:
    """The name that the writer of `text` gives, if any."""
    text = text[:READ_AT_MOST]
    words = split_words(text, lexicon())
    if not words:
        return None
    found = Finder(text, words, vocabulary, tagger, expectation).find()
    if found is None:
        return None
    named = tuple(words[found.first : found.last])
    return Name(named[0].start, named[-1].end, found.confidence, found.whole, named)


class Finder:
    """Looks through the words of one message."""

    def __init__(
        self,
        text: str,
        words: Sequence[Word],
        vocabulary: Vocabulary,
        tagger: NameTagger,
        expectation: Expectation,
    ) -> None:
        self._text = text
        self._words = words
        self._vocabulary = vocabulary
        self._expectation = expectation
        self._tagger = tagger
        self._lexicon = lexicon()
        expected = expectation.leads and expectation.likely >= GIVEN
        self._extent = Extent(text, words, vocabulary, expected=expected)
        self._lead = skip(words, self._lexicon.around)

    def find(self) -> Found | None:
        """The first rule that finds a name decides."""
        if tuple(w.folded for w in self._words) in self._lexicon.refusals:
            return None
        asks = any(mark in self._text for mark in _QUESTION_MARKS)
        found = self._closed() or self._introduced(asks)
        if found is not None:
            found = self._refined(found)
        else:
            found = self._learned() or self._bare() or self._answered()
            if found is None or self._is_address(found) or (asks and self._is_asked(found)):
                return None
        return None if self._is_in_address(found) else found

    def _closed(self) -> Found | None:
        """`Bob here`, `Anna is my name, thanks`."""
        first, words = self._lead, self._words
        for last in range(first + 1, min(len(words), first + MAX_NAME_WORDS + 1)):
            size = phrase_at(words, last, self._lexicon.closing)
            if not size or not self._nothing_after(last + size):
                continue
            strong = size > 1 or CJK.match(words[last].text) is not None
            name = words[first:last]
            sure = all(w.capital or self._vocabulary.is_listed(w) for w in name)
            told = strong or sure or self._expectation.leads
            if told and self._extent.grow(first, strong=strong) == last:
                return Found(first, last, LIKELY, whole=True)
        return None

    def _introduced(self, asks: bool) -> Found | None:
        """`my name is Bob`, `it's me, Bob`."""
        for start in range(len(self._words)):
            if self._negated(start):
                continue
            for first, phrasing in self._phrases_from(start):
                found = self._after(first, phrasing)
                if found is not None:
                    whole = start <= self._lead and not asks and self._nothing_after(found.last)
                    return replace(found, whole=whole)
        return None

    def _phrases_from(self, start: int) -> Iterator[tuple[int, Phrasing]]:
        """Where a name would begin if a phrase stood at `start`, and what the phrase promises."""
        known, words = self._lexicon, self._words
        if size := phrase_at(words, start, known.strong):
            yield start + size, Phrasing.STRONG
        if start == self._lead and (size := phrase_at(words, start, known.weak)):
            yield start + size, Phrasing.WEAK
        elif words[start].parted and (size := phrase_at(words, start, known.weak)):
            yield start + size, Phrasing.WEAK_IF_SURE
        if start == self._lead and (size := phrase_at(words, start, known.weak_elsewhere)):
            yield start + size, Phrasing.WEAK_IF_SURE
        if size := phrase_at(words, start, known.anywhere):
            yield start + size, Phrasing.WEAK_IF_SURE

    def _answered(self) -> Found | None:
        """`yes, Mike`: the name is there, and what the message means is left to the classifier."""
        first, words = self._lead, self._words
        if not 0 < first < len(words) or not words[first].parted:
            return None
        if any(w.folded not in self._lexicon.answers for w in words[:first]):
            return None
        last = self._extent.grow(first)
        if last == first or last < len(words) or not self._vocabulary.is_given(words[first]):
            return None
        return Found(first, last, GUESSED, whole=False)

    def _negated(self, start: int) -> bool:
        before = self._words[start - 1].folded if start else ""
        return before in self._lexicon.negations and not self._words[start].parted

    def _after(self, first: int, phrasing: Phrasing) -> Found | None:
        strong = phrasing is Phrasing.STRONG
        expected = self._expectation.leads
        last = self._extent.grow(first, strong=strong or self._is_called(first, phrasing))
        if last == first:
            return None
        name = self._words[first:last]
        if len(name) == 1 and not strong and self._is_state(name[0]):
            return None
        sure = all(w.capital or self._vocabulary.is_listed(w) for w in name)
        if not (sure or strong or (expected and phrasing is Phrasing.WEAK)):
            return None
        if strong and (sure or expected):
            return Found(first, last, TOLD, whole=False)
        return Found(first, last, LIKELY if sure or strong else GUESSED, whole=False)

    def _is_called(self, first: int, phrasing: Phrasing) -> bool:
        """`i'm rose` but not `i'm sunny`, nor `i'm rose garden`."""
        if phrasing is not Phrasing.WEAK or first + 1 != len(self._words):
            return False
        word = self._words[first]
        named = self._vocabulary.is_given(word) and not self._is_state(word)
        return named and self._expectation.likely >= EXPECTED

    def _is_state(self, word: Word) -> bool:
        return word.folded in self._lexicon.states and not word.capital

    def _refined(self, found: Found) -> Found:
        """The rule knows where the name begins, the tagger where it ends."""
        tagged = self._tag()
        if tagged is None or tagged.first != found.first or tagged.confidence < REFINES:
            return found
        last = self._extent.settle(tagged.first, tagged.last)
        whole = found.whole and (last >= found.last or self._nothing_after(last))
        return replace(found, last=last, whole=whole)

    def _learned(self) -> Found | None:
        """What the tagger marks, behind the gate of the classifier."""
        if self._expectation.likely < EXPECTED:
            return None
        tagged = self._tag()
        enough = AGREES if self._expectation.leads else INSISTS
        if tagged is None or tagged.confidence < enough:
            return None
        first = self._extent.with_titles(tagged.first)
        last = self._extent.settle(first, tagged.last)
        if any(map(self._is_reply, self._words[first:last])):
            return None
        before = self._nothing_before(first)
        whole = before and self._nothing_after(last)
        if not whole and not self._stands_apart(first, last, before):
            return None
        return Found(first, last, self._honest(first, last, tagged.confidence), whole)

    def _tag(self) -> Tagged | None:
        return self._tagger.tag(self._text, self._words, self._vocabulary)

    def _is_reply(self, word: Word) -> bool:
        """`nothng`, `okfine`: a reply misspelled or run together with the next word; `Anna's`."""
        if word.text.endswith(("'s", "’s")) or self._vocabulary.is_verb(word):
            return True
        if word.capital or self._vocabulary.is_listed(word):
            return False
        return self._vocabulary.echoes_reply(word.folded)

    def _nothing_before(self, first: int) -> bool:
        return first <= max(self._lead, skip(self._words, self._lexicon.before_bare))

    def _stands_apart(self, first: int, last: int, before: bool) -> bool:
        """Whether more follows the name, or stands before it, as in an answer to several questions:
        `Ann, a table for two`, `bob and my number is 555`, `at nine, Bob`."""
        words = self._words
        if before and last < len(words):
            follows = words[last]
            apart = follows.parted or follows.folded in self._lexicon.details
            return apart or self._extent.is_code(last)
        return last == len(words) and words[first].parted and not self._extent.digits_after(last)

    def _honest(self, first: int, last: int, confidence: float) -> float:
        """A lone word that is no listed name is a guess; listed names are none."""
        name = self._words[first:last]
        unlisted = sum(not self._vocabulary.is_listed(word) for word in name)
        if not unlisted:
            return LIKELY
        # The tagger and the classifier are two witnesses who know little of each other.
        both = 1.0 - (1.0 - confidence) * (1.0 - self._expectation.likely)
        return min(both, UNKNOWN if unlisted == len(name) == 1 else LIKELY)

    def _bare(self) -> Found | None:
        """A message that is a name and nothing else."""
        if self._expectation.other_is_clear and not self._expectation.leads:
            return self._listed()
        listed = self._listed()
        found = listed or self._alone() or self._numbered() or self._detailed() or self._likely()
        if listed is not None or found is None:
            return found
        if any(map(self._is_reply, self._words[found.first : found.last])):
            return None
        name = self._words[found.first : found.last]
        if len(name) > 1 and all(w.capital for w in name):
            return found
        likely = self._expectation.likely
        if likely < EXPECTED:
            return None
        honest = self._honest(found.first, found.last, max(likely, GUESSED))
        return replace(found, confidence=honest)

    def _listed(self) -> Found | None:
        """A listed given name with at most a number after it: `Mike`, `anna k 4711`."""
        words = self._words
        if 1 < len(words) <= MAX_BARE_WORDS and all(map(self._vocabulary.is_listed, words)):
            return Found(0, len(words), LIKELY, whole=True)
        found = self._alone() or self._numbered()
        return found if found and self._begins_as_name(found) else None

    def _begins_as_name(self, found: Found) -> bool:
        """Whether it begins with a listed given name, a title, an initial, or a particle before a
        listed name."""
        words, known = self._words, self._vocabulary
        first = words[found.first]
        if known.is_given(first):
            return True
        rest = words[found.first + 1 : found.last]
        if first.folded in self._lexicon.titles or is_initial(words, found.first):
            return bool(rest)
        particles = self._lexicon.particles
        if first.folded in particles:
            joined = all(w.folded in particles for w in rest[:-1])
            return bool(rest) and joined and known.is_listed(rest[-1])
        return first.folded in known.also_given and any(w.folded in particles for w in rest[:-1])

    def _alone(self) -> Found | None:
        if any(c.isdigit() for c in self._text):
            return None
        first = skip(self._words, self._lexicon.before_bare)
        last = self._extent.grow(first)
        # `José Luis de la Cruz` has no more names than `José Luis Cruz`.
        named = sum(w.folded not in self._lexicon.particles for w in self._words[first:last])
        if not 0 < named <= MAX_BARE_WORDS or not self._nothing_after(last):
            return None
        return Found(first, last, LIKELY, whole=True)

    def _numbered(self) -> Found | None:
        """`mike 4711`, `yes mike porter 4711`."""
        before = self._words[: self._lead]
        answered = all(w.folded in self._lexicon.answers for w in before)
        first = self._lead if answered and self._lead < len(self._words) else 0
        last = self._extent.grow(first)
        if not (1 if first else 0) < last - first <= MAX_BARE_WORDS:
            return None
        if not _NUMBER_NEXT.match(self._text, self._words[last - 1].end):
            return None
        return Found(first, last, LIKELY, whole=True)

    def _detailed(self) -> Found | None:
        """`emma booking number 12`: a listed given name, and what else was asked."""
        last = self._extent.grow(0)
        if not 0 < last < len(self._words) or not self._vocabulary.is_given(self._words[0]):
            return None
        if not self._stands_apart(0, last, before=True):
            return None
        return Found(0, last, LIKELY, whole=False)

    def _likely(self) -> Found | None:
        """Two or three words that read like a name, with ordinary words among them: `sea miller`."""
        words, known = self._words, self._vocabulary
        if not 1 < len(words) < MAX_BARE_WORDS or self._expectation.likely < GIVEN:
            return None
        if any(
            w.parted or phrase_at(words, at, self._lexicon.around) for at, w in enumerate(words)
        ):
            return None
        last = words[-1]
        if any(c.isdigit() for c in self._text) or known.is_ordinary(last.folded):
            return None
        capital = all(w.capital for w in words) and not known.is_inflected(last.folded)
        also = words[0].folded in known.also_given or words[0].folded in known.also_family
        family = known.is_family(last) and not known.is_given(last)
        if words[0].folded in known.own_function or not (capital or family or also):
            return None
        return Found(0, len(words), GUESSED, whole=True)

    def _is_address(self, found: Found) -> bool:
        """`ok alex`, `thanks Dr. Weber`: it is said to Alex; `yes, Alex` and `yes Al Bundy` are not."""
        first = found.first
        if first == 0 or self._extent.digits_after(found.last):
            return False
        before = self._words[:first]
        if skip(self._words, self._lexicon.before_bare) >= first:
            return False
        answers = all(w.folded in self._lexicon.answers for w in before)
        gap = self._text[before[-1].end : self._words[first].start]
        apart = any(c in gap for c in _COMMAS)
        titles = self._extent.after_titles(first) - first
        return not answers or not (apart or found.last - first - titles > 1)

    def _is_in_address(self, found: Found) -> bool:
        """Whether the words are part of an e-mail address or of a link."""
        start, end = self._words[found.first].start, self._words[found.last - 1].end
        around = self._text[max(0, start - 1) : start] + self._text[end : end + 1]
        return any(sign in around for sign in "@/_\\") or "www." in self._text[start:end].lower()

    def _is_asked(self, found: Found) -> bool:
        """`Riley?` asks for Riley; `Ann. And you?` does not."""
        rest = self._text[self._words[found.last - 1].end :].lstrip()
        return not found.whole or found.last == len(self._words) or rest[:1] in _QUESTION_MARKS

    def _nothing_after(self, position: int) -> bool:
        while position < len(self._words):
            size = phrase_at(self._words, position, self._lexicon.around) or phrase_at(
                self._words, position, self._lexicon.closing
            )
            if not size:
                return False
            position += size
        return True
