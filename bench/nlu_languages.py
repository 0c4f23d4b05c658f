"""Replies in every language that ships: yes or no when asked, opt-outs, names.

The rows in replies_languages.jsonl were written apart from the data and the lexicons that ship:
`{text, intent: yes|no|opt_out|other|name, entities, lang}`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.nlu_replies import ASKED, MOVES, OPT_OUT, SURE_OF_OPT_OUT
from bench.nlu_sets import Row, best, confidence
from bot.engine.conditions import Situation
from bot.engine.parse import Parse
from nlu.interpreter import Interpreter

ROWS = Path(__file__).with_name("replies_languages.jsonl")


@dataclass(frozen=True, slots=True)
class Share:
    """So many `hits` of `of`; `missed` names the others."""

    hits: int
    of: int
    missed: tuple[str, ...] = ()

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of, self.missed + other.missed)

    def __float__(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Names:
    """Spans of names that match exactly, those that were said, and those that there are."""

    hits: int
    said: int
    expected: int
    missed: tuple[str, ...] = ()

    def __add__(self, other: "Names") -> "Names":
        return Names(
            self.hits + other.hits,
            self.said + other.said,
            self.expected + other.expected,
            self.missed + other.missed,
        )

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; a share of 1."""
        both = self.said + self.expected
        return 2 * self.hits / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one language's replies come to."""

    answers: Share
    """Yes or no: the right one leads among the two."""
    moved: Share
    """A flow that asked would move, and the right way."""
    moved_wrongly: Share
    opted_out: Share
    alarms: Share
    """Replies of any other kind that would opt the contact out."""
    names: Names

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.answers + other.answers,
            self.moved + other.moved,
            self.moved_wrongly + other.moved_wrongly,
            self.opted_out + other.opted_out,
            self.alarms + other.alarms,
            self.names + other.names,
        )


def languages(path: Path = ROWS) -> dict[str, list[Row]]:
    """The rows of each language, in the order of the file."""
    found: dict[str, list[Row]] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["lang"], []).append(row)
    return found


def figures(rows: Sequence[Row], reader: Interpreter, *, told: bool) -> Figures:
    """How `rows` are read, where the reader is `told` their language or has to find it."""
    answers: list[tuple[str, bool]] = []
    moved: list[tuple[str, bool]] = []
    moved_wrongly: list[tuple[str, bool]] = []
    opted_out: list[tuple[str, bool]] = []
    alarms: list[tuple[str, bool]] = []
    names = Names(0, 0, 0)
    for row in rows:
        text, meant = row["text"], row["intent"]
        language = row["lang"] if told else None
        parse = reader.parse(text, language)
        out = best(parse) == OPT_OUT and confidence(parse) >= SURE_OF_OPT_OUT
        (opted_out if meant == OPT_OUT else alarms).append((text, out))
        names += _names(row, parse)
        if meant in ASKED:
            parse = reader.parse(text, language, asked=tuple(ASKED.values()))
            answers.append((text, bool(parse.asked) and parse.asked[0].name == ASKED[meant]))
            situation = Situation("message", text, parse, wrote=True)
            said = {answer for answer in ASKED if MOVES[answer](situation)}
            moved.append((text, said == {meant}))
            moved_wrongly.append((text, bool(said - {meant})))
    return Figures(
        _share(answers),
        _share(moved),
        _share(moved_wrongly, wanted=False),
        _share(opted_out),
        _share(alarms, wanted=False),
        names,
    )


def _names(row: Row, parse: Parse) -> Names:
    """A name that was found in a reply without one counts against the precision."""
    truth = {(e["start"], e["end"]) for e in row["entities"]}
    found = {(e.start, e.end) for e in parse.entities if e.entity == "name"}
    missed = () if truth == found else (row["text"],)
    return Names(len(truth & found), len(found), len(truth), missed)


def _share(read: Sequence[tuple[str, bool]], *, wanted: bool = True) -> Share:
    missed = tuple(text for text, hit in read if hit != wanted)
    return Share(sum(hit for _, hit in read), len(read), missed)
