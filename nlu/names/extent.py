"""Where a name ends: which of the words after its first belong to it."""

from collections.abc import Sequence

from nlu.names.lexicon import lexicon
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import Word, is_initial, phrase_at

MAX_NAME_WORDS = 5
MAX_BARE_WORDS = 4
# `peter kjh 55`: letters before digits, a code and no name.
MAX_CODE = 3
_MAIL = ("gmail", "yahoo", "hotmail", "outlook", "rediff", "mailcom", "icloud")


class Extent:
    """Grows names over the words of one text."""

    def __init__(
        self, text: str, words: Sequence[Word], vocabulary: Vocabulary, *, expected: bool
    ) -> None:
        """`expected`: the message as a whole reads like a name."""
        self._expected = expected
        self._text = text
        self._words = words
        self._vocabulary = vocabulary
        self._lexicon = lexicon()

    def grow(self, first: int, *, strong: bool = False) -> int:
        """Where the name that begins at `first` ends; `first` where none begins there."""
        last = begins = self.after_titles(first)
        strong = strong or begins > first
        while last < len(self._words) and last - begins < MAX_NAME_WORDS:
            word = self._words[last]
            if last > begins and (word.parted or self._ends_before(begins, last)):
                break
            joins = word.folded in self._lexicon.particles and self._joins(begins, last)
            named = self._vocabulary.may_be_name(
                word, told=strong and last == begins, inside=last > begins
            )
            if not (joins or named or is_initial(self._words, last)):
                break
            last += 1
        return first if last == begins else self.settle(first, last)

    def settle(self, first: int, last: int) -> int:
        """The end of a name that goes at least to `last`: what follows belongs to it, or its last
        word does not."""
        breaks = (at for at in range(first + 1, last) if self._words[at].parted)
        last = next(breaks, last)
        while last - first > 1 and self.is_code(last - 1):
            last -= 1
        while (
            last < len(self._words) and last - first < MAX_NAME_WORDS and self._goes_on(first, last)
        ):
            last += 1
        return last

    def after_titles(self, first: int) -> int:
        """Past `Dr.` and `Mrs` before a name; `first` where no word follows."""
        last = first
        while last + 1 < len(self._words) and self._words[last].folded in self._lexicon.titles:
            last += 1
        return last

    def with_titles(self, first: int) -> int:
        """Back to the titles before `first`."""
        while first > 0 and self._words[first - 1].folded in self._lexicon.titles:
            if self._words[first].parted:
                break
            first -= 1
        return first

    def digits_after(self, position: int) -> bool:
        """Whether digits stand between the word before `position` and the next word."""
        begin = self._words[position - 1].end
        words = self._words
        end = words[position].start if position < len(words) else len(self._text)
        return any(c.isdigit() for c in self._text[begin:end])

    def _goes_on(self, first: int, position: int) -> bool:
        """Whether the word belongs to the name before it: `otto weiss`, `emma page`, `anil r`."""
        word, known = self._words[position], self._vocabulary
        if word.parted or self.is_code(position) or self.digits_after(position):
            return self._is_listed_before_digits(position)
        if not any(map(known.is_given, self._words[first:position])):
            return False
        if phrase_at(self._words, position, self._lexicon.around | self._lexicon.closing):
            return False
        rest = self._words[position + 1 :]
        if rest and not rest[0].parted:
            return False
        if word.folded in self._lexicon.particles:
            return False
        if len(word.text) == 1:
            return not rest
        if word.folded in known.also_family or known.is_listed(word):
            return True
        if word.folded in known.own_function or word.folded in self._lexicon.details:
            return False
        # `emma toll` alone is a name, in a sentence it is not.
        alone = first == 0 and not rest and not known.is_ordinary(self._words[0].folded)
        if alone and self._expected and position == 1:
            return True
        if alone and all(w.capital for w in self._words):
            return not known.is_inflected(word.folded)
        return not known.is_ordinary(word.folded) and not known.is_inflected(word.folded)

    def _is_listed_before_digits(self, position: int) -> bool:
        word = self._words[position]
        return not word.parted and self._vocabulary.is_listed(word)

    def is_code(self, position: int) -> bool:
        """Whether the word is part of a number or of an e-mail address."""
        word = self._words[position]
        if any(name in word.folded for name in _MAIL):
            return True
        short = len(word.text) <= MAX_CODE and not self._vocabulary.is_listed(word)
        return short and self.digits_after(position + 1)

    def _ends_before(self, first: int, last: int) -> bool:
        """After `Anna`, a small word that is no known name is the rest of the sentence."""
        word = self._words[last]
        if word.capital or word.folded in self._lexicon.particles:
            return False
        return self._words[first].capital and not self._vocabulary.is_given(word)

    def _joins(self, first: int, position: int) -> bool:
        """Whether a particle is followed by what it belongs to, or is itself the last name."""
        following = self._words[position + 1 : position + 3]
        if not following:
            return position == first + 1
        return not following[0].parted and any(
            self._vocabulary.may_be_name(w, inside=True) and w.folded not in self._lexicon.particles
            for w in following
        )
