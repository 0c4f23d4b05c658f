"""An evaluation as files: our report as JSON, and those that `rasa test nlu` writes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.engine.parse import Entity
from nlu.evaluation.cases import EvaluationError
from nlu.evaluation.comparison import Row
from nlu.evaluation.entity_scores import EntityError
from nlu.evaluation.evaluation import Evaluation
from nlu.evaluation.readings import Reading
from nlu.evaluation.scores import Score

REPORT = "report.json"
READINGS = "readings.jsonl"
ERRORS = "errors.jsonl"
FORMAT = "parley-nlu-evaluation"
FORMAT_VERSION = 1
MOST_CONFUSED = 3
"""So many confusions Rasa names for an intent."""
Json = dict[str, Any]


def write_files(evaluation: Evaluation, folder: Path, about: Mapping[str, Any]) -> None:
    """Write everything but pictures and page. `about` says which model read which data."""
    folder.mkdir(parents=True, exist_ok=True)
    _json(folder / REPORT, {**_head(), **about, **summary(evaluation)})
    _lines(folder / READINGS, (_row(it) for it in evaluation.readings))
    _lines(folder / ERRORS, error_rows(evaluation))
    _json(folder / "intent_report.json", rasa_intent_report(evaluation))
    _json(folder / "intent_errors.json", [_rasa_error(it) for it in evaluation.errors])
    entities = ("entity_report.json", "entity_errors.json")
    if evaluation.entities is None:
        # What an earlier run left behind would be taken for this one's.
        for name in entities:
            (folder / name).unlink(missing_ok=True)
        return
    _json(folder / entities[0], rasa_entity_report(evaluation))
    _json(folder / entities[1], [_entity_error(it) for it in evaluation.entities.errors])


def summary(evaluation: Evaluation) -> Json:
    """All figures, as JSON values. Those that are one number each stand at the top."""
    intents, entities = evaluation.intents, evaluation.entities
    told: Json = {
        "cases": len(evaluation.readings),
        "accuracy": evaluation.accuracy,
        "accuracy_in_scope": evaluation.accuracy_in_scope,
        "macro_f1": intents.macro.f1,
        "weighted_f1": intents.weighted.f1,
        "calibration_error": evaluation.calibration.error,
        "answered": evaluation.answered,
        "answered_right": evaluation.answered_right,
    }
    if evaluation.scope is not None:
        told["out_of_scope_recall"] = evaluation.scope.recall
        told["out_of_scope_precision"] = evaluation.scope.precision
        told["out_of_scope_false_alarms"] = evaluation.scope.false_alarms
        told["out_of_scope_cases"] = evaluation.scope.support
    if entities is not None:
        told["entity_f1_exact"] = entities.overall.exact.f1
        told["entity_f1_partial"] = entities.overall.partial.f1
    told["intents"] = {name: _score(it) for name, it in intents.per_intent.items()}
    told["confusions"] = [
        {"expected": right, "predicted": said, "count": count}
        for (right, said), count in confusions(evaluation)
    ]
    told["reliability"] = [asdict(it) for it in evaluation.calibration.bins]
    told["thresholds"] = [asdict(it) for it in evaluation.thresholds]
    told["unknown_intents"] = list(evaluation.unknown)
    if entities is not None:
        told["entities"] = {
            name: {"exact": _score(it.exact), "partial": _score(it.partial)}
            for name, it in entities.per_entity.items()
        }
        told["entities_not_annotated"] = dict(entities.unannotated)
    return told


def confusions(evaluation: Evaluation) -> list[tuple[tuple[str, str], int]]:
    """Pairs of right and wrongly predicted intent, the most frequent first."""
    wrong = [(pair, n) for pair, n in evaluation.intents.confusion.items() if pair[0] != pair[1]]
    return sorted(wrong, key=lambda it: (-it[1], it[0]))


def rasa_intent_report(evaluation: Evaluation) -> Json:
    """What `rasa test nlu` writes as intent_report.json."""
    intents = evaluation.intents
    report: Json = {}
    for name, its in intents.per_intent.items():
        most = list(intents.confused_with(name).items())[:MOST_CONFUSED]
        report[name] = {**_score(its), "confused_with": dict(most)}
    report["accuracy"] = intents.accuracy
    report["macro avg"] = _score(intents.macro)
    report["weighted avg"] = _score(intents.weighted)
    return report


def rasa_entity_report(evaluation: Evaluation) -> Json:
    """The same for entities, found exactly; beside each, what finds in part are worth."""
    entities = evaluation.entities
    if entities is None:
        return {}
    each = {**entities.per_entity, "micro avg": entities.overall}
    return {name: {**_score(it.exact), "partial": _score(it.partial)} for name, it in each.items()}


def error_rows(evaluation: Evaluation) -> Iterable[Json]:
    """Each wrong reading, intents first, the surest first."""
    for it in evaluation.errors:
        yield {"kind": "intent", **_row(it)}
    if evaluation.entities is not None:
        for error in evaluation.entities.errors:
            yield {"kind": "entity", **_entity_error(error)}


def rows_of(readings: Sequence[Reading]) -> list[Row]:
    """The readings as they are compared."""
    return [Row(it.case.text, it.case.intent, it.predicted, it.confidence) for it in readings]


def read_report(path: Path) -> tuple[Json, list[Row]]:
    """A report of ours and the readings behind it; EvaluationError where it is none."""
    file = path / REPORT if path.is_dir() else path
    try:
        report = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EvaluationError(f"{file}: the report cannot be read ({error})") from error
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise EvaluationError(f"{file}: this is no report of `parley nlu evaluate`")
    return report, _read_rows(file.with_name(READINGS))


def _read_rows(file: Path) -> list[Row]:
    """Readings that are missing or damaged only mean that single texts are not compared."""
    rows = []
    try:
        for line in file.read_text("utf-8").split("\n"):
            if line:
                it = json.loads(line)
                values = (str(it["text"]), str(it["expected"]), str(it["predicted"]))
                rows.append(Row(*values, float(it["confidence"])))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return rows


def _head() -> Json:
    return {"format": FORMAT, "format_version": FORMAT_VERSION}


def _score(it: Score) -> Json:
    return {
        "precision": it.precision,
        "recall": it.recall,
        "f1-score": it.f1,
        "support": it.support,
    }


def _row(it: Reading) -> Json:
    return {
        "text": it.case.text,
        "expected": it.case.intent,
        "predicted": it.predicted,
        "confidence": round(it.confidence, 4),
        "refused": it.refused,
    }


def _rasa_error(it: Reading) -> Json:
    predicted = {"name": it.predicted, "confidence": it.confidence}
    return {"text": it.case.text, "intent": it.case.intent, "intent_prediction": predicted}


def _entity_error(it: EntityError) -> Json:
    return {
        "text": it.text,
        "error": it.kind,
        "expected": _span(it.text, it.expected),
        "predicted": _span(it.text, it.predicted),
    }


def _span(text: str, it: Entity | None) -> Json | None:
    if it is None:
        return None
    return {
        "entity": it.entity,
        "start": it.start,
        "end": it.end,
        "text": text[it.start : it.end],
        "confidence": round(it.confidence, 4),
    }


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=True, indent=1) + "\n", "utf-8")


def _lines(path: Path, rows: Iterable[Json]) -> None:
    # ASCII, as a lone surrogate has no UTF-8.
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
