"""Short replies: ten intents, names, yes or no when asked, opt-outs that are none."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.nlu_sets import CLASSIFIERS, Row, best, confidence, rows
from bot.engine.conditions import BUILT_IN, Situation
from nlu.config import PipelineConfig
from nlu.evaluation.calibration import calibration_of
from nlu.evaluation.folds import cross_validate
from nlu.interpreter import Interpreter
from nlu.training.examples import Example, TrainingData

FOLDS = 5
SEED = 1
OPT_OUT = "opt_out"
SURE_OF_OPT_OUT = 0.85
# What a flow that asks yes or no waits for.
ASKED = {"yes": "affirm", "no": "deny"}
MOVES = {"yes": BUILT_IN["is_user_reply_yes"], "no": BUILT_IN["is_user_reply_no"]}


@dataclass(frozen=True, slots=True)
class Replies:
    """Five-fold cross-validation of the statistical part of the pipeline; shares of 1."""

    accuracy: float
    macro_f1: float
    calibration_error: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Names:
    """Spans that must match exactly, and replies without a name in which one was found."""

    precision: float
    recall: float
    f1: float
    false_names: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Yes or no after a question: how often the likelier of the two was right."""

    accuracy: float
    yes: float
    no: float
    moved: float
    moved_wrongly: float


def replies(shared: Path, config: PipelineConfig) -> Replies:
    """The intents of the replies, and the name as one more, learned from the other replies."""
    from sklearn.metrics import f1_score

    started = time.process_time()
    read = [*rows(shared, "replies_dev"), *rows(shared, "names_dev")]
    data = TrainingData([Example(r["text"], r["intent"]) for r in read])
    # Rules and lexicons know the intents of the project that ships, not those of this set.
    learned = next(n for n, step in enumerate(config.steps) if step.name in CLASSIFIERS)
    plain = replace(config, steps=config.steps[: learned + 1])
    found = cross_validate(plain, data, FOLDS, SEED, lambda *_: None)
    truths = [reading.case.intent for reading in found]
    right = [reading.predicted == truth for reading, truth in zip(found, truths, strict=True)]
    pairs = ((reading.confidence, hit) for reading, hit in zip(found, right, strict=True))
    return Replies(
        accuracy=sum(right) / len(right),
        macro_f1=float(f1_score(truths, [r.predicted for r in found], average="macro")),
        calibration_error=calibration_of(pairs).error,
        seconds=time.process_time() - started,
    )


def names(shared: Path, reader: Interpreter) -> Names:
    """Exact spans in the replies with a name; false ones in the replies without."""
    with_names = rows(shared, "names_dev")
    hits = said = expected = 0
    for row in with_names:
        truth = {(e["start"], e["end"]) for e in row["entities"]}
        found = set(_names(reader, row["text"]))
        hits, said, expected = hits + len(truth & found), said + len(found), expected + len(truth)
    without = [*rows(shared, "replies_dev"), *(r for r in with_names if not r["entities"])]
    false = sum(any(_names(reader, r["text"])) for r in without if not r["entities"])
    precision, recall = hits / max(said, 1), hits / max(expected, 1)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return Names(precision, recall, f1, false / sum(not r["entities"] for r in without))


def asked(shared: Path, reader: Interpreter) -> Asked:
    """Which of yes and no leads among the two when the flow asked for them, and how often a flow
    would move for it: the right way, and the wrong one."""
    right = dict.fromkeys(ASKED, 0)
    of = dict.fromkeys(ASKED, 0)
    moves: Counter[bool] = Counter()
    for row in rows(shared, "replies_dev"):
        intent = ASKED.get(row["intent"])
        if intent is None:
            continue
        parse = reader.parse(row["text"], asked=tuple(ASKED.values()))
        of[row["intent"]] += 1
        right[row["intent"]] += bool(parse.asked) and parse.asked[0].name == intent
        situation = Situation("message", row["text"], parse, wrote=True)
        moves.update(said == row["intent"] for said in ASKED if MOVES[said](situation))
    return Asked(
        sum(right.values()) / sum(of.values()),
        right["yes"] / of["yes"],
        right["no"] / of["no"],
        moves[True] / sum(of.values()),
        moves[False] / sum(of.values()),
    )


def opt_out_false_alarms(shared: Path, reader: Interpreter) -> tuple[float, Sequence[str]]:
    """The share of replies, none of which is an opt-out, that would opt the contact out."""
    read: list[Row] = rows(shared, "replies_dev")
    parses = [reader.parse(row["text"]) for row in read]
    alarms = [p.text for p in parses if best(p) == OPT_OUT and confidence(p) >= SURE_OF_OPT_OUT]
    return len(alarms) / len(read), alarms


def _names(reader: Interpreter, text: str) -> Iterator[tuple[int, int]]:
    parse = reader.parse(text)
    return ((e.start, e.end) for e in parse.entities if e.entity == "name")
