"""parley nlu evaluate: scores of the NLU model, with pictures and a report."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.app import model_folder
from bot.settings import Settings, load
from nlu import pipeline
from nlu.config import read_config
from nlu.errors import nearest
from nlu.evaluation.cases import (
    Case,
    EvaluationError,
    read_cases,
    read_training_data,
    renamed,
)
from nlu.evaluation.comparison import Comparison, compare
from nlu.evaluation.evaluation import Evaluation, evaluate, unknown_intents
from nlu.evaluation.folds import cross_validate, single_examples
from nlu.evaluation.page import FIGURES, SMALLER_IS_BETTER
from nlu.evaluation.readings import Reading, known_intents, read_all
from nlu.evaluation.report import REPORT, confusions, read_report, rows_of, summary
from nlu.training.examples import TrainingData
from nlu.training.reader import read_project

HELP = (
    "Measure how well the model reads.\n\nDATA is a file or folder of Rasa's training data, or rows of "
    'JSON: {"text": "yep", "intent": "affirm"}.\n\n'
    "Example: parley nlu evaluate tests/nlu.yml --fail-under 0.9\n\n"
    "Example: parley nlu evaluate --cross-validation 5"
)
MOST_SHOWN = 5
EVERY = 200
"""Readings between two looks at the progress."""

console = Console()
told = Console(stderr=True)


def command(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(help="What is right: a file or folder.", show_default=False)
    ] = None,
    cross_validation: Annotated[
        int | None,
        typer.Option("--cross-validation", help="Train so many times, each on the other parts."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write. Without it: var/evaluation")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--compare", help="Another nlu.zip, or an earlier report.json.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", min=0, max=1, help="Exit with 1 below this accuracy."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="DATA's name for a label of ours: yes=affirm. Repeatable."),
    ] = None,
    asked: Annotated[
        str, typer.Option("--asked", help="Choose among these alone: affirm,deny")
    ] = "",
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out intents the model does not know.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="How the parts are drawn.")] = 0,
) -> None:
    """Reads the cases, scores, compares with what was before, and writes the report."""
    settings = load(Path(context.obj))
    names = _names(label or ())
    choices = tuple(name.strip() for name in asked.split(",") if name.strip())
    if cross_validation is not None:
        _only_with_a_model(label=label, asked=asked, compare=_model_given(against))
        about, readings = _validated(settings, data, cross_validation, seed)
    elif data is not None:
        about, readings = _read(settings, renamed(read_cases(data), names), choices)
        about["data"] = str(data)
    else:
        raise EvaluationError(
            "name the data to evaluate on, or take the project's own by --cross-validation 5"
        )
    readings = _known(readings, skip_unknown)
    evaluation = evaluate(readings)
    folder = out or settings.var / "evaluation"
    comparison = _compared(evaluation, folder, against, readings, choices, about)
    # It brings matplotlib, which takes a second to load.
    from nlu.evaluation.publishing import publish

    report = publish(evaluation, folder, about, comparison)
    _show(evaluation, comparison)
    console.print(f"Report: {report}", highlight=False, soft_wrap=True)
    if fail_under is not None and evaluation.accuracy < fail_under:
        told.print(
            f"[bold red]failed[/] accuracy {evaluation.accuracy:.4f} is below {fail_under}",
            highlight=False,
        )
        raise typer.Exit(1)


def _only_with_a_model(**given: object) -> None:
    for name, value in given.items():
        if value:
            raise EvaluationError(
                f"--{name} is for a model that is trained already, not for --cross-validation"
            )


def _model_given(against: Path | None) -> bool:
    """Whether the comparison is with a model, rather than with a report."""
    if against is None:
        return False
    return against.suffix != ".json" and not (against / REPORT).exists()


def _names(labels: Iterable[str]) -> dict[str, str]:
    names = {}
    for label in labels:
        theirs, equals, ours = label.partition("=")
        if not (equals and theirs.strip() and ours.strip()):
            raise EvaluationError(f"--label {label}: expected THEIRS=OURS, such as yes=affirm")
        names[theirs.strip()] = ours.strip()
    return names


def _progress() -> Progress:
    columns = (TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=told)


def _read(
    settings: Settings, cases: list[Case], asked: tuple[str, ...]
) -> tuple[dict[str, str], list[Reading]]:
    folder = model_folder(settings)
    model = pipeline.load(folder, settings.project)
    if not pipeline.is_current(folder, settings.project):
        told.print("[yellow]notice[/] data, pipeline or code changed since the model was trained")
    readings = _readings(model, cases, asked, "Reading")
    _check_asked(readings, asked)
    return {"model": model.fingerprint[:12]}, readings


def _check_asked(readings: list[Reading], asked: tuple[str, ...]) -> None:
    """Refuses a choice that the model never makes, as it would only look wrong."""
    known = sorted(known_intents(readings))
    for name in asked:
        if name not in known:
            raise EvaluationError(
                f"--asked: intent unknown to the model: {_with_nearest(name, known)}"
            )


def _readings(
    model: pipeline.Interpreter, cases: list[Case], asked: tuple[str, ...], what: str
) -> list[Reading]:
    readings = []
    with _progress() as progress:
        task = progress.add_task(what, total=len(cases))
        for reading in read_all(model, cases, asked):
            readings.append(reading)
            if len(readings) % EVERY == 0:
                progress.update(task, completed=len(readings))
        progress.update(task, completed=len(cases))
    return readings


def _validated(
    settings: Settings, path: Path | None, folds: int, seed: int
) -> tuple[dict[str, str], list[Reading]]:
    data = read_training_data(path) if path else read_project(settings.project)
    if not data.examples:
        raise EvaluationError(f"{path}: there are no examples in it")
    _tell_single(data)
    with _progress() as progress:
        task = progress.add_task("Cross-validation", total=1.0)

        def update(what: str, share: float) -> None:
            progress.update(task, description=what, completed=share)

        readings = cross_validate(read_config(settings.project), data, folds, seed, update)
    shown = str(path) if path else "nlu/data"
    return {"model": f"cross-validation in {folds} folds", "data": shown}, readings


def _tell_single(data: TrainingData) -> None:
    single = list(single_examples(data))
    if single:
        told.print(
            f"[yellow]notice[/] one example alone, so always missed: {escape(', '.join(single))}",
            highlight=False,
        )


def _known(readings: list[Reading], skip: bool) -> list[Reading]:
    """Refuses labels that the model cannot give, as each would count as an error of reading."""
    unknown = unknown_intents(readings)
    if not unknown:
        return readings
    known = sorted({name for it in readings for name in it.ranked})
    listed = ", ".join(_with_nearest(name, known) for name in unknown)
    if not skip:
        raise EvaluationError(
            f"intents unknown to the model: {listed}. Train it on them (parley train), name ours "
            f"(--label {unknown[0]}=OURS), or leave them out (--skip-unknown)"
        )
    left = [it for it in readings if it.case.intent not in unknown]
    told.print(
        f"[yellow]notice[/] left out {len(readings) - len(left)} examples of intents unknown to the "
        f"model: {escape(listed)}",
        highlight=False,
    )
    if not left:
        raise EvaluationError("no example is left: the model knows none of the intents")
    return left


def _with_nearest(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return f"{name} (did you mean {near!r}?)" if near else name


def _compared(
    now: Evaluation,
    folder: Path,
    against: Path | None,
    readings: list[Reading],
    asked: tuple[str, ...],
    about: Mapping[str, str],
) -> Comparison | None:
    """With another model on the same cases, or with a report; else with what this folder holds."""
    if against is None and not (folder / REPORT).exists():
        return None
    named = against or folder
    if _model_given(against):
        other = evaluate(
            _readings(pipeline.load(named), [it.case for it in readings], asked, "Comparing")
        )
        before, rows = summary(other), rows_of(other.readings)
    else:
        try:
            before, rows = read_report(named)
        except EvaluationError as error:
            if against is not None:
                raise
            told.print(f"[yellow]notice[/] not compared: {escape(str(error))}", highlight=False)
            return None
    shown = str(named) if against else "the report before"
    if before.get("data", about["data"]) != about["data"]:
        shown += f" (which was on {before['data']})"
    return compare(shown, before, summary(now), rows, rows_of(now.readings))


def _show(evaluation: Evaluation, comparison: Comparison | None) -> None:
    figures = summary(evaluation)
    before = {it.name: it.before for it in comparison.figures} if comparison else {}
    table = Table(box=None, pad_edge=False)
    for column in ("", "now", *(("before", "change") if before else ())):
        table.add_column(column, justify="left" if not column else "right")
    for name, title in FIGURES.items():
        value = figures.get(name)
        if isinstance(value, float):
            table.add_row(title, f"{value:.4f}", *_change(name, value, before))
    console.print(table)
    found = confusions(evaluation)[:MOST_SHOWN]
    if found:
        shown = "; ".join(f"{right} as {said or 'nothing'} ({n})" for (right, said), n in found)
        console.print(
            f"Most often taken for another: {shown}", highlight=False, markup=False, soft_wrap=True
        )
    if comparison:
        _show_changes(comparison)


def _change(name: str, value: float, before: Mapping[str, float]) -> tuple[str, ...]:
    if not before:
        return ()
    if name not in before:
        return "", ""
    difference = value - before[name]
    if abs(difference) < 0.00005:
        return f"{before[name]:.4f}", "same"
    colour = "green" if (difference > 0) != (name in SMALLER_IS_BETTER) else "red"
    return f"{before[name]:.4f}", f"[{colour}]{difference:+.4f}[/]"


def _show_changes(comparison: Comparison) -> None:
    chance = "" if comparison.chance is None else f" (by chance: p = {comparison.chance:.2g})"
    console.print(
        f"Compared with {comparison.against}: {len(comparison.fixed)} fixed, "
        f"{len(comparison.broken)} broken of {comparison.compared}{chance}",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    for word, changes in (("better", comparison.better), ("worse", comparison.worse)):
        if changes:
            shown = ", ".join(f"{it.name} {it.difference:+.3f}" for it in changes[:MOST_SHOWN])
            console.print(f"  {word}: {shown}", highlight=False, markup=False, soft_wrap=True)
