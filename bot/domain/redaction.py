"""Takes out of a text what tells who wrote it, and leaves a sentence that can still be read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

PLACEHOLDERS: Mapping[str, str] = {
    "email": "[email]",
    "phone": "[phone]",
    "phone_number": "[phone]",
    "phone-number": "[phone]",
    "mobile": "[phone]",
    "url": "[link]",
    "address": "[address]",
    "street": "[address]",
    "postcode": "[address]",
    "zip": "[address]",
}
"""What stands for an entity of this name; all names of persons are `[name]`."""
NAMES = frozenset({"name", "first_name", "last_name", "given_name", "family_name", "person"})
SHORTEST_VALUE = 2
"""Characters: a field of one letter would blacken half a text."""
LONGEST_VALUE = 200

_EMAIL = re.compile(r"[^\s@＠<>]{1,64}[@＠][^\s@＠<>]{0,255}[^\W_]")
_SPACED_EMAIL = re.compile(
    r"[^\s@＠<>]{1,64}\s{0,2}[@＠]\s{0,2}[^\s@＠<>]{1,64}\.[a-z]{2,24}(?!\w)", re.IGNORECASE
)
_SPELT_EMAIL = re.compile(
    r"[\w.+-]{1,64}\s{1,3}[(\[]?(?:at|arroba)[)\]]?\s{1,3}[\w-]{1,63}"
    r"(?:\.|\s{1,3}[(\[]?(?:dot|punto|ponto|point)[)\]]?\s{1,3})[a-z]{2,24}(?!\w)",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_HANDLE = re.compile(r"[@＠]\w{2,64}")
_DATE = re.compile(
    r"(?<![\d+])(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{4})(?![\d./-])"
)
# Seven digits, whatever but letters stands between: dots, brackets, zero-width characters.
_PHONE = re.compile(r"[+＋(]{0,2}\d(?:[\W_]{0,4}\d){6,}")
_NUMBER = re.compile(r"\d{5,}")
# An order number or a licence plate, such as AB123456 or X9Z-44K2-1.
_CODE = re.compile(r"\b(?=\w{0,24}\d\w{0,24}\d\w{0,24}\d)(?=\w{0,24}[^\W\d_])\w{6,24}\b")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_LINK, "[link]"),
    (_EMAIL, "[email]"),
    (_SPACED_EMAIL, "[email]"),
    (_SPELT_EMAIL, "[email]"),
    (_HANDLE, "[handle]"),
    (_DATE, "[date]"),
    (_PHONE, "[phone]"),
    (_NUMBER, "[number]"),
    (_CODE, "[code]"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is an entity of this name."""

    entity: str
    start: int
    end: int


def redact(text: str, spans: Iterable[Span] = (), known: Iterable[tuple[str, str]] = ()) -> str:
    """The text with placeholders for names, addresses, phone numbers and other long numbers.

    `spans` are what was read in it. `known` are values known of the writer, with what they are: those
    that tell who it is are taken out wherever they stand as words of their own.
    """
    taken = sorted(
        [*_of_spans(text, spans), *_of_known(text, known), *_of_patterns(text)],
        key=lambda it: (it[0], -it[1]),
    )
    plain, position = [], 0
    for start, end, placeholder in taken:
        if start >= position:
            plain += [text[position:start], placeholder]
        position = max(position, end)
    return "".join([*plain, text[position:]])


_Taken = tuple[int, int, str]


def _of_spans(text: str, spans: Iterable[Span]) -> Iterator[_Taken]:
    for it in spans:
        placeholder = placeholder_of(it.entity)
        if placeholder and 0 <= it.start < it.end <= len(text):
            yield it.start, it.end, placeholder


def placeholder_of(entity: str) -> str | None:
    """What stands for an entity or field of this name; None where it may be shown."""
    name = entity.casefold()
    if name in NAMES or name.endswith("_name"):
        return "[name]"
    return PLACEHOLDERS.get(name)


def _of_known(text: str, known: Iterable[tuple[str, str]]) -> Iterator[_Taken]:
    for field, value in known:
        placeholder = placeholder_of(field)
        if placeholder is None:
            continue
        for part in _parts(value) if placeholder == "[name]" else [value]:
            if SHORTEST_VALUE <= len(part) <= LONGEST_VALUE:
                whole = rf"(?<!\w){re.escape(part)}(?!\w)"
                for match in re.finditer(whole, text, re.IGNORECASE):
                    yield match.start(), match.end(), placeholder


def _parts(name: str) -> list[str]:
    """A name as a whole, and each of its words."""
    return [name, *(word for word in name.split() if len(word) > SHORTEST_VALUE)]


def _of_patterns(text: str) -> Iterator[_Taken]:
    for pattern, placeholder in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), placeholder
