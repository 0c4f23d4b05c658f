"""Money and measured amounts: `$5`, `20 евро`, `5.6 mmol/l`, `two kilos`, `50 %`."""

from dataclasses import dataclass
from typing import Any

from nlu.values.lexicon import lexicon
from nlu.values.numbers import Number, number_at, plain
from nlu.values.words import Words


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of units up to the token `end`; `entity` as Duckling calls the kind."""

    entity: str
    end: int
    value: float
    unit: str
    sure: float

    def as_json(self) -> dict[str, Any]:
        """The number and its unit."""
        return {"value": plain(self.value), "unit": self.unit}


def amounts_at(words: Words, at: int) -> list[Amount]:
    """What the tokens from `at` measure; "5 pounds" is money and a weight."""
    lead = words.tag(at, "money") or words.tag(at, "sign_money")
    if lead and (led := _led_money(words, lead[0], str(lead[1]))):
        return [led]
    if percent := _leading_percent(words, at):
        return [percent]
    found = number_at(words, at) or _one(words, at)
    if found is None:
        return []
    start = words.end_of(found.end, "articles") if found.value < 1 else found.end
    return [a for a in (_money(words, start, found), _measure(words, start, found)) if a]


def _led_money(words: Words, at: int, unit: str) -> Amount | None:
    """`$5`, `USD 5`, `Rs. 500`, `$1.5m`."""
    start = at + 1 if words.text(at) == "." and words.glued(at) else at
    found = number_at(words, start)
    if not found or unit.endswith("cent"):
        return None
    if words.text(found.end) == "m" and words.glued(found.end):
        return Amount("amount-of-money", found.end + 1, found.value * 1e6, unit, found.sure)
    return Amount("amount-of-money", found.end, found.value, unit, found.sure)


def _one(words: Words, at: int) -> Number | None:
    """ "a kilo", "un euro": the article is a number before a unit."""
    end = words.end_of(at, "articles")
    return Number(end, 1.0, True, 0.9) if end > at else None


def _money(words: Words, at: int, number: Number) -> Amount | None:
    for name in ("money", "sign_money"):
        if found := words.tag(at, name):
            end, unit = found[0], str(found[1])
            if unit.endswith(" cent"):
                return Amount("amount-of-money", end, number.value / 100, unit[:3], number.sure)
            end, cents = _cents(words, end, unit)
            return Amount("amount-of-money", end, number.value + cents, unit, max(number.sure, 0.9))
    return None


def _cents(words: Words, at: int, unit: str) -> tuple[int, float]:
    """ "... and 50 cents"."""
    found = number_at(words, words.end_of(at, "joiners"))
    named = words.tag(found.end, "money") if found else None
    if found and named and str(named[1]) == f"{unit} cent" and 0 < found.value < 100:
        return named[0], found.value / 100
    return at, 0.0


def _measure(words: Words, at: int, number: Number) -> Amount | None:
    found = _unit(words, at)
    if found is None:
        return None
    end, unit = found
    kind = lexicon().kinds.get(unit, "quantity")
    return Amount(kind, end, number.value, unit, max(number.sure, 0.9))


def _unit(words: Words, at: int) -> tuple[int, str] | None:
    tags = [t for t in (words.tag(at, "units"), words.tag(at, "sign_units")) if t]
    if not tags:
        return None
    end, unit = max(tags, key=lambda tag: tag[0])
    apart = end == at + 1 and words.text(at) in lexicon().only_glued and not words.glued(at)
    if apart and not words.has(at, "units"):
        return None
    goes_on = (
        words.kind(end) in ("word", "number") and words.glued(end) and words.kind(at) == "word"
    )
    return None if goes_on and words.text(at).isascii() else (end, str(unit))


def _leading_percent(words: Words, at: int) -> Amount | None:
    """Turkish and Chinese say it before the number: `yüzde 50`, `百分之五十`."""
    found = words.tag(at, "units")
    if not found or found[1] != "percent":
        return None
    number = number_at(words, found[0])
    return Amount("quantity", number.end, number.value, "percent", 0.95) if number else None
