"""Writes an evaluation into a folder: reports, pictures and the page."""

from collections.abc import Mapping
from pathlib import Path

from nlu.evaluation import pictures
from nlu.evaluation.comparison import Comparison
from nlu.evaluation.evaluation import Evaluation
from nlu.evaluation.page import page
from nlu.evaluation.report import summary, write_files

PAGE = "report.html"


def publish(
    evaluation: Evaluation, folder: Path, about: Mapping[str, str], comparison: Comparison | None
) -> Path:
    """Write everything; the path of the page. `about` says which model read which data."""
    write_files(evaluation, folder, about)
    drawn = draw(evaluation)
    for name, content in drawn.items():
        (folder / f"{name}.png").write_bytes(content)
    html = page(evaluation, summary(evaluation), about, drawn, comparison)
    target = folder / PAGE
    target.write_text(html, "utf-8")
    return target


def draw(evaluation: Evaluation) -> dict[str, bytes]:
    """The pictures by name; none where no intent was scored."""
    if not evaluation.readings:
        return {}
    return {
        "intent_confusion_matrix": pictures.confusion_matrix(evaluation.intents),
        "intent_histogram": pictures.confidence_histogram(evaluation.readings),
        "intent_calibration": pictures.reliability(evaluation.calibration),
    }
