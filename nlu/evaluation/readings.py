"""A model's readings of cases, as values that scores are counted from."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.engine.parse import FALLBACK_INTENT, Entity, Intent, Parse
from nlu.evaluation.cases import OUT_OF_SCOPE, Case
from nlu.interpreter import Interpreter

NO_INTENT = ""
"""Predicted where a pipeline ranked nothing at all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model made of a case.

    `predicted` is the intent that leads the ranking, whether or not it was likely enough to be
    acted upon; `refused` says that it was not (`nlu_fallback`). So scores of models with different
    thresholds can be compared, as in Rasa's tests.
    """

    case: Case
    predicted: str
    confidence: float
    refused: bool = False
    entities: tuple[Entity, ...] = ()
    ranked: frozenset[str] = frozenset()

    @property
    def right(self) -> bool:
        """Whether the intent is the one of the case."""
        return self.predicted == self.case.intent

    @property
    def out_of_scope(self) -> bool:
        """Whether the model says that none of the intents is meant, or that it is not sure."""
        return self.refused or self.predicted in OUT_OF_SCOPE


def read_all(
    interpreter: Interpreter, cases: Iterable[Case], asked: Collection[str] = ()
) -> Iterator[Reading]:
    """The readings of cases, one by one; with `asked`, the choice among those intents alone."""
    for case in cases:
        parse = interpreter.parse(case.text, case.language, asked=asked)
        yield reading_of(case, parse, restricted=bool(asked))


def reading_of(case: Case, parse: Parse, *, restricted: bool = False) -> Reading:
    """The reading that a parse of the case's text is."""
    ranking = [i for i in parse.ranking if i.name != FALLBACK_INTENT]
    leads = parse.asked if restricted else ranking
    top = leads[0] if leads else Intent(NO_INTENT, 0.0)
    return Reading(
        case=case,
        predicted=top.name,
        confidence=min(max(top.confidence, 0.0), 1.0),
        refused=parse.intent.name == FALLBACK_INTENT and not restricted,
        entities=parse.entities,
        ranked=frozenset(i.name for i in ranking),
    )


def known_intents(readings: Sequence[Reading]) -> frozenset[str]:
    """Every intent that the model ranked at least once."""
    return frozenset().union(*(reading.ranked for reading in readings))


def one_label_out_of_scope(cases: Iterable[Case], known: Collection[str]) -> Iterator[Case]:
    """The cases with the model's own name for "none of these", where it has another one."""
    own = next((name for name in OUT_OF_SCOPE if name in known), None)
    for case in cases:
        if own and case.out_of_scope and case.intent != own:
            yield Case(case.text, own, case.entities, case.language)
        else:
            yield case
