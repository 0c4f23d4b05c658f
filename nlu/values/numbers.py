"""Numbers in digits and words, and ordinals."""

import re
from dataclasses import dataclass

from nlu.values.words import Words, remembered

LONGEST = 25
"""Characters of a number in digits; a longer one is none that a reply means."""
_SMALL = 1_000_000_000_000_000
_GROUPS = re.compile(r"\d{1,3}(?P<sign>[.,])\d{3}(?:(?P=sign)\d{3})*")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the tokens up to `end`; `in_words` where no digit says it, `sure` 0 to 1."""

    end: int
    value: float
    in_words: bool = False
    sure: float = 1.0


def plain(value: float) -> float | int:
    """Without a fraction where there is none; sums of tenths without noise."""
    value = round(float(value), 9)
    return int(value) if value.is_integer() and abs(value) < _SMALL else value


@remembered
def number_at(words: Words, at: int) -> Number | None:
    """The number that begins with the token `at`."""
    sign, start = _sign(words, at)
    found = _dozens(words, _digits(words, start)) or _said(words, start)
    if found is None:
        return None
    return Number(found.end, sign * found.value, found.in_words, found.sure)


def _sign(words: Words, at: int) -> tuple[int, int]:
    """-1 or 1, and where the number itself begins. In "10-15" the dash is no minus."""
    if (end := words.end_of(at, "minus")) > at:
        return -1, end
    apart = not words.glued(at) or words.kind(at - 1) == "sign"
    if words.text(at) in ("-", "+") and apart and words.glued(at + 1):
        return (-1 if words.text(at) == "-" else 1), at + 1
    return 1, at


def _dozens(words: Words, found: Number | None) -> Number | None:
    """ "2 dozen"; "2 couple" is none."""
    many = words.tag(found.end, "multiples") if found else None
    if found is None or many is None or many[1] < 3:
        return found
    return Number(many[0], found.value * many[1], False, found.sure)


def _digits(words: Words, at: int) -> Number | None:
    if words.kind(at) != "number":
        return None
    written, end = words.text(at), at + 1
    if words.main.has("group_space") and len(written) <= 3:
        while words.kind(end) == "number" and _is_group(words.text(end)) and not words.glued(end):
            written += words.text(end)[:3] + words.text(end)[3:]
            end += 1
    value = digits_value(written, words.main.settings.get("decimal", "."))
    if value is None:
        return None
    if found := _with_fraction(words, at, end, value):
        return found
    scale = words.tag(end, "sign_scales") if words.glued(end) else None
    for name in ("scales", "multipliers"):
        scale = words.tag(end, name) or scale
    if scale:
        end, value = scale[0], value * scale[1]
    if half := words.tag(end, "and_half"):
        end, value = half[0], value + half[1]
    return Number(end, value)


def _is_group(text: str) -> bool:
    """`000` or `000,50`: what follows a space within a long number."""
    return (len(text) == 3 and text.isdigit()) or (
        len(text) > 4 and text[3] == "," and text.count(",") == 1
    )


def _with_fraction(words: Words, at: int, end: int, value: float) -> Number | None:
    """`½`, `2½`, `3/4 cup`, `1 1/2 hours`."""
    if part := _written_fraction(words, at):
        return part
    if words.text(end) == "/" and words.glued(end) and words.glued(end + 1):
        return _fraction(words, end + 1, value)
    part = _written_fraction(words, end)
    if part is None and words.text(end + 1) == "/" and not words.glued(end):
        part = _digits(words, end)
    if part and value.is_integer() and 0 < part.value < 1:
        return Number(part.end, value + part.value)
    return None


def _written_fraction(words: Words, at: int) -> Number | None:
    """One half as one character, which normalising writes out."""
    above, below = words.text(at), words.text(at + 2)
    if words.text(at + 1) != "⁄" or words.kind(at) != "number" or words.kind(at + 2) != "number":
        return None
    if len(above) > 3 or len(below) > 4 or not (above + below).isdigit() or not int(below):
        return None
    return Number(at + 3, int(above) / int(below))


def _fraction(words: Words, at: int, above: float) -> Number | None:
    """ "3/4" is a fraction only before a unit; else it is a date or a score."""
    below = digits_value(words.text(at), ".") if words.kind(at) == "number" else None
    unit = words.has(at + 1, "units", "sign_units", "time_units")
    if not below or not unit:
        return Number(at - 1, above)
    return Number(at + 1, above / below)


def digits_value(written: str, decimal: str) -> float | None:
    """What digits mean: of two kinds of signs the last one is the decimal; a lone sign before three
    digits parts thousands unless it is the language's decimal. None where it is no number.
    """
    if len(written) > LONGEST:
        return None
    kinds = set(written) & {".", ","}
    if len(kinds) == 2:
        decimal = max(kinds, key=written.rindex)
        other = "," if decimal == "." else "."
        head, _, tail = written.rpartition(decimal)
        if decimal in head or not _GROUPS.fullmatch(head) or other in tail:
            return None
        return float(head.replace(other, "") + "." + tail)
    if not kinds:
        return float(written)
    sign = kinds.pop()
    grouped = _GROUPS.fullmatch(written) is not None and not written.startswith("0")
    if grouped and (written.count(sign) > 1 or sign != decimal):
        return float(written.replace(sign, ""))
    return float(written.replace(sign, ".")) if written.count(sign) == 1 else None


def _said(words: Words, at: int) -> Number | None:
    """A number in words, with what multiplies it: `two dozen`, `half a dozen`, `two and a half`."""
    if before := words.tag(at, "half_before"):
        whole = _digits(words, before[0]) or cardinal_at(words, before[0])
        return Number(whole.end, whole.value + before[1], True) if whole else None
    found = cardinal_at(words, at)
    end = found.end if found else words.end_of(at, "articles")
    factor = found.value if found else 1.0
    if many := words.tag(end, "multiples"):
        return Number(many[0], factor * many[1], True, 0.9 if many[1] > 2 else 0.7)
    if found is None:
        return _half(words, at)
    if half := words.tag(end, "and_half"):
        return Number(half[0], found.value + half[1], True, found.sure)
    if (point := words.end_of(end, "point")) > end and (tail := _decimals(words, point)):
        return Number(tail[0], float(f"{int(found.value)}.{tail[1]}"), True, found.sure)
    return found


def _half(words: Words, at: int) -> Number | None:
    half = words.tag(at, "halves")
    if half is None:
        return None
    end = words.end_of(half[0], "articles")
    if many := words.tag(end, "multiples"):
        return Number(many[0], half[1] * many[1], True, 0.9)
    return Number(half[0], half[1], True, 0.7)


def _decimals(words: Words, at: int) -> tuple[int, str] | None:
    """The digits behind a spoken point."""
    digits = ""
    while (found := _unit(words, at)) and found[1] < 10 and len(digits) < 6:
        at, digits = found[0], digits + str(int(found[1]))
    return (at, digits) if digits else None


def _unit(words: Words, at: int) -> tuple[int, float] | None:
    return words.tag(at, "numbers") or words.tag(at, "weak_numbers")


class _Sum:
    """A number in words while it is being read: whole scales, and the group below them."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.total = 0.0
        self.group = 0.0
        self.smallest = float("inf")
        self.begun = False
        self.weak = False

    def take(self, at: int) -> int | None:
        """Read the token `at` into the number; where it ends, or None where it is no part."""
        if found := _unit(self.words, at):
            if not self._add(float(found[1])):
                return None
            self.weak = not self.begun and not self.words.has(at, "numbers")
        elif self.begun and (found := self._one_more(at)):
            if not self._add(float(found[1])):
                return None
        elif found := self.words.tag(at, "teens"):
            if not 1 < self.group % 10 < 10:
                return None
            self.group += 10
        elif found := self.words.tag(at, "multipliers"):
            if not self._multiply(float(found[1])):
                return None
        elif found := self.words.tag(at, "scales"):
            if not self._scale(float(found[1])):
                return None
        else:
            return None
        self.begun = True
        end: int = found[0]
        return end

    def _one_more(self, at: int) -> tuple[int, float] | None:
        """Words that are numbers only within one: Persian "نه" is no, too; French "un" an article."""
        if self.group >= 20 and self.words.main.code != "en" and self.words.has(at, "articles"):
            return self.words.tag(at, "articles")
        return self.words.tag(at, "ambiguous_numbers")

    def _add(self, value: float) -> bool:
        if value == 0 and self.begun and self.words.main.code in ("zh", "ja"):
            # 一百零五: the zero only keeps the place
            return True
        if not self.group:
            if self.begun and (value == 0 or not self.total):
                return False
            if self.total and value >= self.smallest:
                return False
            self.group = value
            return True
        if self._fits(value):
            self.group += value
            return True
        if self.words.main.has("leap_hundreds") and not self.total and self._leaps(value):
            # "one twenty" is how people say 120
            self.group = self.group * 100 + value
            return True
        return False

    def _fits(self, value: float) -> bool:
        if value < 1 or not self.group.is_integer():
            return False
        last = self.group % 100
        if last == 10 and self.words.main.code not in ("tr", "zh", "ja"):
            return False
        if self.words.main.has("unit_first") and 0 < last < 10 and 20 <= value < 100:
            return True
        if self.words.main.has("vigesimal") and last in (60, 80) and 10 <= value < 20:
            return True
        return self.group % float(10 ** len(str(int(value)))) == 0

    def _leaps(self, value: float) -> bool:
        return 0 < self.group < 10 and 20 <= value < 100

    def _multiply(self, factor: float) -> bool:
        low = self.group % factor
        if low:
            self.group += low * (factor - 1)
            return True
        if self.begun and self.group % (factor * 10):
            return False
        if not self.begun and self.words.main.code == "en":
            return False
        self.group += factor
        return True

    def _scale(self, factor: float) -> bool:
        if factor >= self.smallest or (not self.begun and self.words.main.code == "en"):
            return False
        self.total += max(self.group, 1.0) * factor
        self.group, self.smallest = 0.0, factor
        return True


def cardinal_at(words: Words, at: int) -> Number | None:
    """A whole number in words, without what may multiply it or stand behind its point."""
    sum_ = _Sum(words)
    article = words.end_of(at, "articles")
    end = at
    bare = words.has(at, "multipliers") and words.has(at + 1, "joiners")
    if (article > at or bare) and words.has(article, "multipliers", "scales"):
        sum_.begun, sum_.group, end = True, 1.0, article
        first = sum_.take(article)
        if first is None:
            return None
        end = first
    while True:
        longer = sum_.take(end)
        if longer is None and sum_.begun and (joined := words.end_of(end, "joiners")) > end:
            longer = sum_.take(joined)
        if longer is None:
            break
        end = longer
    if not sum_.begun:
        return None
    single = end == at + 1
    sure = 0.7 if single and sum_.weak else 0.95
    return Number(end, sum_.total + sum_.group, True, sure)


def stands_alone(words: Words, at: int, found: Number) -> bool:
    """Whether a number without a unit is meant as one: not "the one", not 一 within a word."""
    if found.in_words and found.end == at + 1:
        if words.has(at, "weak_numbers") and words.has(at - 1, "not_before_weak"):
            return False
        if words.has(at, "halves") and len(words) > found.end - at:
            return False
        if words.main.code in ("zh", "ja"):
            return _counts(words, at, found.end)
    return True


def _counts(words: Words, at: int, end: int) -> bool:
    """A lone Chinese numeral counts before a measure word, or between other than characters."""
    if words.has(end, "counters") or words.kind(end) in ("", "sign"):
        return words.kind(at - 1) in ("", "sign", "number") or words.has(end, "counters")
    return False


@remembered
def ordinal_at(words: Words, at: int) -> Number | None:
    """The ordinal that begins with the token `at`: `3rd`, `third`, `twenty first`, `第三`."""
    if (start := words.end_of(at, "ordinal_before")) > at:
        found = _digits(words, start) or cardinal_at(words, start)
        return Number(found.end, found.value) if found else None
    if words.kind(at) == "number" and words.text(at).isdigit() and len(words.text(at)) <= 4:
        end = words.end_of(at + 1, "ordinal_suffix")
        if end > at + 1 and words.glued(at + 1):
            return Number(end, float(words.text(at)))
        end = words.end_of(at + 1, "ordinal_after")
        return Number(end, float(words.text(at))) if end > at + 1 else None
    if found_tag := words.tag(at, "ordinals"):
        return Number(found_tag[0], found_tag[1], True, 0.9)
    tens = words.tag(at, "numbers")
    if tens and tens[1] in range(20, 100, 10) and (unit := words.tag(tens[0], "ordinals")):
        return Number(unit[0], tens[1] + unit[1], True, 0.9) if unit[1] < 10 else None
    if tens and (end := words.end_of(tens[0], "ordinal_after")) > tens[0]:
        return Number(end, tens[1], True, 0.9)
    return None
