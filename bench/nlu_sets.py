"""Intent classification on public data sets: accuracy, calibration and what is out of scope."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from sklearn.metrics import f1_score, roc_auc_score

from bot.engine.parse import FALLBACK_INTENT, Parse
from nlu import pipeline
from nlu.config import PipelineConfig, Step, read_config
from nlu.evaluation.calibration import calibration_of

ROOT = Path(__file__).resolve().parent.parent
CLASSIFIERS = ("SklearnIntentClassifier", "LogisticRegressionClassifier")
# Of what is in scope, so much may be refused for the sake of what is not.
REFUSED_IN_SCOPE = 0.02
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Names of the files below the folder of the data; `outside` has texts of no intent."""

    train: str
    judge: str
    outside: str | None = None


SETS = {
    "banking77": DataSet("banking77_train", "banking77_{part}"),
    "clinc150": DataSet("clinc150_train", "clinc150_{part}", "clinc150_oos_{part}"),
    "hwu64": DataSet("hwu64_f1_train", "hwu64_f1_{part}"),
}


@dataclass(frozen=True, slots=True)
class Outside:
    """How texts of no intent are told from the others by the threshold chosen for it."""

    auroc: float
    threshold: float
    recall: float
    accuracy: float
    """In scope, where what is refused counts as wrong."""


@dataclass(frozen=True, slots=True)
class Result:
    """One set's figures; shares of 1, seconds of processor time, bytes."""

    accuracy: float
    macro_f1: float
    calibration_error: float
    training: float
    model: Path
    outside: Outside | None
    texts: tuple[str, ...]


def rows(shared: Path, name: str) -> list[Row]:
    """The rows of one file: `text`, `intent`, `entities`."""
    with (shared / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def shipped_config(*, embeddings: bool) -> PipelineConfig:
    """The pipeline that ships, and with embeddings the same with them before the classifier."""
    config = read_config(ROOT)
    if not embeddings:
        return config
    steps: list[Step] = []
    for step in config.steps:
        if step.name in CLASSIFIERS:
            steps.append(Step("SentenceEmbeddingFeaturizer", {}))
        steps.append(step)
    return replace(config, steps=tuple(steps))


def write_project(folder: Path, config: PipelineConfig, examples: Sequence[Row]) -> None:
    """A project of these examples, as a user would have it."""
    (folder / "nlu" / "data").mkdir(parents=True)
    steps = [{"name": step.name, **step.options} for step in config.steps]
    written = yaml.safe_dump({"language": config.language, "pipeline": steps}, sort_keys=False)
    (folder / "config.yml").write_text(written, "utf-8")
    # JSON has no marks within texts, so that a text with brackets stays what it is.
    common = [{"text": row["text"], "intent": row["intent"]} for row in examples]
    data = json.dumps({"rasa_nlu_data": {"common_examples": common}})
    (folder / "nlu" / "data" / "nlu.json").write_text(data, "utf-8")


def copy_shipped(folder: Path, config: PipelineConfig) -> None:
    """The project that ships, with another pipeline."""
    write_project(folder, config, [])
    (folder / "nlu" / "data" / "nlu.json").unlink()
    shutil.copytree(ROOT / "nlu" / "data", folder / "nlu" / "data", dirs_exist_ok=True)
    shutil.copy(ROOT / "domain.yml", folder / "domain.yml")


def measure(data: DataSet, shared: Path, part: str, config: PipelineConfig, folder: Path) -> Result:
    """Train on the set and judge on its part `val` or `test`; the model stays in `folder`."""
    write_project(folder, config, rows(shared, data.train))
    started = time.process_time()
    trained = pipeline.train(folder)
    path = pipeline.save(trained, folder / "models")
    seconds = time.process_time() - started
    reader = pipeline.load(folder / "models")
    judged = rows(shared, data.judge.format(part=part))
    parses = [reader.parse(row["text"]) for row in judged]
    truths = [str(row["intent"]) for row in judged]
    outside = None
    if data.outside:
        valid = rows(shared, data.judge.format(part="val"))
        chosen = threshold([confidence(reader.parse(row["text"])) for row in valid])
        strange = [reader.parse(r["text"]) for r in rows(shared, data.outside.format(part=part))]
        outside = _outside(parses, truths, strange, chosen)
    right = [best(p) == truth for p, truth in zip(parses, truths, strict=True)]
    pairs = zip(map(confidence, parses), right, strict=True)
    return Result(
        accuracy=sum(right) / len(right),
        macro_f1=float(f1_score(truths, list(map(best, parses)), average="macro")),
        calibration_error=calibration_of(pairs).error,
        training=seconds,
        model=path,
        outside=outside,
        texts=tuple(str(row["text"]) for row in judged),
    )


def best(parse: Parse) -> str:
    """The most likely intent, be it too weak or not."""
    return next((i.name for i in parse.ranking if i.name != FALLBACK_INTENT), FALLBACK_INTENT)


def confidence(parse: Parse) -> float:
    """Its probability."""
    return next((i.confidence for i in parse.ranking if i.name != FALLBACK_INTENT), 0.0)


def threshold(in_scope: Sequence[float]) -> float:
    """The threshold that refuses the stated share of validation texts that are in scope."""
    return sorted(in_scope)[int(len(in_scope) * REFUSED_IN_SCOPE)]


def _outside(
    parses: Sequence[Parse], truths: Sequence[str], strange: Sequence[Parse], chosen: float
) -> Outside:
    inside = [confidence(parse) for parse in parses]
    beyond = [confidence(parse) for parse in strange]
    labels = [0] * len(inside) + [1] * len(beyond)
    kept = [
        best(p) == truth and confidence(p) >= chosen
        for p, truth in zip(parses, truths, strict=True)
    ]
    return Outside(
        auroc=float(roc_auc_score(labels, [-c for c in (*inside, *beyond)])),
        threshold=chosen,
        recall=sum(c < chosen for c in beyond) / len(beyond),
        accuracy=sum(kept) / len(kept),
    )
