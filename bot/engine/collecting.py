"""What a question accepts: from a reply to the value of a slot."""

import re

from bot.engine.flow import Collect
from bot.engine.numbers import numbers_in
from bot.engine.parse import Parse

_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{5,23}\d")
YES_NO_CONFIDENCE = 0.6


class NotAccepted(ValueError):
    """The reply is no answer to the question."""


def answer(question: Collect, text: str, parse: Parse) -> object:
    """The slot's value; raises NotAccepted with nothing more to say than the question's error."""
    return _READERS[question.type](question, text.strip(), parse)


def _text(question: Collect, text: str, parse: Parse) -> str:
    if not text:
        raise NotAccepted
    return text


def _number(question: Collect, text: str, parse: Parse) -> float | int:
    found = numbers_in(text)
    if not found:
        raise NotAccepted
    value = found[0]
    too_low = question.minimum is not None and value < question.minimum
    too_high = question.maximum is not None and value > question.maximum
    if too_low or too_high:
        raise NotAccepted
    return int(value) if value.is_integer() else value


def _name(question: Collect, text: str, parse: Parse) -> str:
    entity = parse.entity("name")
    if entity is None:
        raise NotAccepted
    return str(entity.value)


def _email(question: Collect, text: str, parse: Parse) -> str:
    match = _EMAIL.search(text[:1000])
    if not match:
        raise NotAccepted
    return match.group(0).strip(".").lower()


def _phone(question: Collect, text: str, parse: Parse) -> str:
    match = _PHONE.search(text[:1000])
    if not match:
        raise NotAccepted
    # int() reads the digits of any script
    digits = "".join(str(int(sign)) for sign in match.group(0) if sign.isdecimal())
    if not 7 <= len(digits) <= 15:
        raise NotAccepted
    return ("+" if match.group(0).startswith("+") else "") + digits


def _yes_no(question: Collect, text: str, parse: Parse) -> bool:
    yes, no = parse.confidence("affirm"), parse.confidence("deny")
    if max(yes, no) < YES_NO_CONFIDENCE or yes == no:
        raise NotAccepted
    return yes > no


def _choice(question: Collect, text: str, parse: Parse) -> str:
    wanted = text.casefold()
    for label in question.choices:
        if label.casefold() == wanted:
            return label
    found = numbers_in(text)
    if len(found) == 1 and found[0].is_integer() and 1 <= found[0] <= len(question.choices):
        return question.choices[int(found[0]) - 1]
    inside = [label for label in question.choices if _says(wanted, label.casefold())]
    if len(inside) != 1:
        raise NotAccepted
    return inside[0]


def _says(text: str, label: str) -> bool:
    """Whether the label stands in the text as words of its own: "I know" says no "no"."""
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text) is not None


_READERS = {
    "text": _text,
    "number": _number,
    "name": _name,
    "email": _email,
    "phone": _phone,
    "yes_no": _yes_no,
    "choice": _choice,
}
