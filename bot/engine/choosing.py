"""Which of a question's choices a reply means: by label, number, ordinal or nearly by label."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from bot.engine.numbers import numbers_in
from bot.engine.parse import Parse

LONGEST_REPLY = 200
"""Characters of a reply that are compared with labels."""
_WORD = re.compile(r"\w+")
# The sign behind an emoji that says how it is drawn.
_VARIATION = re.compile("[\ufe00-\ufe0f]")
_ORDINALS = {
    word: number
    for number, words in enumerate(
        ("first 1st former", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th",
         "seventh 7th", "eighth 8th", "ninth 9th", "tenth 10th"), 1)
    for word in words.split()
}  # fmt: skip
_LAST_WORDS = """
    last latter último ultimo última ultima dernier dernière derniere letzte letzter letztes
    letzten последний последняя последнее последнюю останній остання останню ostatni ostatnia
    ostatnią sonuncu sonuncusu الأخير الأخيرة آخر آخری اخری आखिरी आख़िरी अंतिम terakhir 最后一个
    最后 最後 最後の
"""
_LAST = frozenset(_LAST_WORDS.split())
_BOTH = frozenset({"both", "all", "either", "any", "neither", "none"})
# A label behind one of these is what the reply does not want.
_EXCLUDING = frozenset({"not", "isn't", "isnt", "except", "but", "without"})
# Words that are too common to point at the label that has them.
_COMMON_WORDS = """
    the and for not one you are that this with have would like want please thanks okay can get
    what know nothing something anything which from them
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_LETTER_DIGITS = {"🔟": "10", "💯": "100"}


def chosen(choices: Sequence[str], text: str, parse: Parse) -> str | None:
    """The choice that the reply means; None where it means none, or more than one."""
    place = meant(choices, (), text, parse)
    return choices[place] if place is not None and place >= 0 else None


def meant(
    labels: Sequence[str], words: Sequence[Sequence[str]], text: str, parse: Parse
) -> int | None:
    """The place of the choice that the reply means, by its label or one of its further `words`.

    None where it means none, -1 where it names several, or one that is not there.
    """
    reply = _plain(text)
    names, owners = [_plain(label) for label in labels], list(range(len(labels)))
    for owner, further in enumerate(words):
        names += [_plain(word) for word in further]
        owners += [owner] * len(further)
    if not reply:
        whole = (i for i, label in enumerate(labels) if label.strip() == text.strip() != "")
        return next(whole, None)
    if reply in names:
        return owners[names.index(reply)]
    named = {owners[place] for place in _named(names, reply)}
    if named:
        return named.pop() if len(named) == 1 else -1
    place = _pointed_at(len(labels), _numbered(words), reply, parse)
    if place is not None and place < len(labels):
        return place
    near = {owners[i] for i in _part_of(names, reply) or _nearly(names, reply)}
    return near.pop() if len(near) == 1 else None


def _plain(text: str) -> str:
    for sign, digits in _LETTER_DIGITS.items():
        text = text.replace(sign, digits)
    plain = unicodedata.normalize("NFKC", text[:LONGEST_REPLY]).casefold()
    seen = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Me", "Cs"))
    return " ".join(_VARIATION.sub("", seen).split()).strip(" .!,;:'\"()")


def _named(labels: Sequence[str], reply: str) -> list[int]:
    """The labels that stand in the reply as words of their own, the longest where they overlap."""
    spans = [(m.span(), i) for i, label in enumerate(labels) if (m := _said(label, reply))]
    return [
        place
        for (start, end), place in spans
        if not any(s <= start and end <= e and (s, e) != (start, end) for (s, e), _ in spans)
    ]


def _said(label: str, reply: str) -> re.Match[str] | None:
    """Where the label stands: "I know" says no "no", and "not large" no "large"."""
    if not label:
        return None
    for match in re.finditer(rf"(?<!\w){re.escape(label)}(?!\w)", reply):
        before = reply[: match.start()].split()
        if not any(word.strip(",") in _EXCLUDING for word in before[-2:]):
            return match
    return None


def _numbered(words: Sequence[Sequence[str]]) -> Mapping[int, int]:
    """Places by the numbers that all choices have among their words; none where they are counted."""
    own = [
        [int(word) for word in further if word.isdecimal() and len(word) < 10] for further in words
    ]
    if not all(own):
        return {}
    return {number: place for place, numbers in enumerate(own, 1) for number in numbers}


def _pointed_at(count: int, numbered: Mapping[int, int], reply: str, parse: Parse) -> int | None:
    """The place that a number, an ordinal or "the last" names; -1 where it names none of them."""
    words = _WORD.findall(reply)
    if not _BOTH.isdisjoint(words):
        return -1
    places = {_ORDINALS[word] for word in words if word in _ORDINALS}
    places |= {e.value for e in parse.entities if e.entity == "ordinal" and _whole(e.value)}
    if not _LAST.isdisjoint((*words, *reply.split())):
        places.add(count)
    numbers = set(numbers_in(reply)) - ({1.0} if places else set())
    if not numbers and not places:
        said = (e.value for e in parse.entities if e.entity == "number")
        numbers = {float(value) for value in said if _whole(value)}
    whole = {int(n) if n.is_integer() else -1 for n in numbers}
    places |= {numbered.get(n, 0) if numbered else max(n, 0) for n in whole}
    if not places:
        return None
    return next(iter(places)) - 1 if len(places) == 1 else -1


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _part_of(labels: Sequence[str], reply: str) -> list[int]:
    """The labels that hold all words of the reply that mean something: "extra", "20"."""
    written = _WORD.findall(reply)
    words = {w for w in written if (len(w) > 2 or w.isdecimal()) and w not in _COMMON}
    if not words or len(words) > 4:
        return []
    return [i for i, label in enumerate(labels) if words <= set(_WORD.findall(label))]


def _nearly(labels: Sequence[str], reply: str) -> list[int]:
    """The labels that the reply misspells, as a whole or in one of its words."""
    tried = {reply, *(w for w in _WORD.findall(reply) if w not in _COMMON)}
    near = [(min(_mistakes(label, t) for t in tried), i) for i, label in enumerate(labels)]
    fewest = min(near, default=(0, 0))[0]
    return [i for mistakes, i in near if mistakes == fewest < _NONE]


_NONE = 99


def _mistakes(label: str, written: str) -> int:
    """How many typing mistakes part the two; _NONE where they are too many for a word so long."""
    allowed = 0 if len(label) < 4 else 1 if len(label) < 8 else 2
    if abs(len(label) - len(written)) > allowed or not allowed:
        return _NONE
    found = distance(label, written)
    return found if found <= allowed else _NONE


def distance(one: str, other: str) -> int:
    """Letters to put in, leave out, change or swap with the next one (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        above = row
        row = [i + 1, *_row(i, letter, one, other, above, before)]
        before = above
    return row[-1]


def _row(
    i: int, letter: str, one: str, other: str, above: Sequence[int], before: Sequence[int]
) -> Iterable[int]:
    left = i + 1
    for j, opposite in enumerate(other):
        left = min(left + 1, above[j + 1] + 1, above[j] + (letter != opposite))
        if i and j and letter == other[j - 1] and one[i - 1] == opposite:
            left = min(left, before[j - 1] + 1)
        yield left
