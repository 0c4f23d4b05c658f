"""An evaluation as one HTML page that needs nothing beside itself: no network, no script."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from nlu.evaluation.comparison import Change, Comparison, Row
from nlu.evaluation.evaluation import Evaluation
from nlu.evaluation.report import confusions
from nlu.evaluation.scores import Score

MOST_ERRORS = 300
MOST_CONFUSIONS = 40
MOST_CHANGES = 60
LONGEST_TEXT = 400
BAR_REM = 6.0
FIGURES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "weighted_f1": "Weighted F1",
    "calibration_error": "Calibration error",
    "answered": "Above the threshold",
    "answered_right": "of these right",
    "accuracy_in_scope": "Accuracy in scope",
    "out_of_scope_recall": "Out-of-scope recall",
    "out_of_scope_precision": "Out-of-scope precision",
    "out_of_scope_false_alarms": "Out-of-scope false alarms",
    "entity_f1_exact": "Entities, exact F1",
    "entity_f1_partial": "Entities, partial F1",
}
"""The figures of a summary, as they are called."""
SMALLER_IS_BETTER = frozenset({"calibration_error", "out_of_scope_false_alarms"})
_STYLE = Path(__file__).with_name("page.css")


def page(
    evaluation: Evaluation,
    figures: Mapping[str, object],
    about: Mapping[str, str],
    pictures: Mapping[str, bytes],
    comparison: Comparison | None,
) -> str:
    """The whole page. `figures` is the summary, `pictures` are PNG by what they show."""
    described = " · ".join(f"{escape(k)} {escape(v)}" for k, v in about.items())
    body = [
        f"<h1>How well the model reads</h1><p class=faint>{described}</p>",
        _figures(figures, comparison),
        *([_comparison(comparison)] if comparison else []),
        _matrix(evaluation, pictures),
        _calibration(evaluation, pictures),
        _intents(evaluation),
        _entities(evaluation),
        _errors(evaluation),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>NLU evaluation</title><style>{_STYLE.read_text('utf-8')}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _figures(figures: Mapping[str, object], comparison: Comparison | None) -> str:
    changes = {it.name: it for it in comparison.figures} if comparison else {}
    cards = []
    for name, title in FIGURES.items():
        value = figures.get(name)
        if not isinstance(value, float):
            continue
        if name == "accuracy_in_scope" and "out_of_scope_recall" not in figures:
            continue
        shown = f"{value:.3f}" if name == "calibration_error" else _percent(value)
        change = _difference(changes[name]) if name in changes else ""
        cards.append(f"<div><dt>{title}</dt><dd>{shown} {change}</dd></div>")
    return f"<dl class=figures>{''.join(cards)}</dl>"


def _difference(change: Change) -> str:
    points = 100 * change.difference
    if abs(points) < 0.005:
        return "<small class=faint>±0</small>"
    better = (points > 0) != (change.name in SMALLER_IS_BETTER)
    return f"<small class={'good' if better else 'bad'}>{points:+.2f}</small>"


def _comparison(it: Comparison) -> str:
    told = f"Compared with {escape(it.against)}"
    if it.chance is not None:
        told += (
            f": of {it.compared:,} texts that both read, {len(it.fixed):,} are right now and were "
            f"wrong, {len(it.broken):,} are wrong now and were right. If both were equally good, a "
            f"difference like this would come by chance with probability {it.chance:.2g}"
        )
    parts = [f"<h2>What changed</h2><p>{told}.</p>"]
    for title, changes in (("Better", it.better), ("Worse", it.worse)):
        rows = [
            [_text(c.name), _number(_percent(c.before)), _number(_percent(c.after)),
             _number(f"{100 * c.difference:+.1f}")]
            for c in changes[:MOST_CHANGES]
        ]  # fmt: skip
        if rows:
            parts.append(f"<h2>{title}: F1 of intents</h2>")
            parts.append(_table(["intent", "#before", "#now", "#change"], rows))
    for title, pairs in (("Wrong now, right before", it.broken), ("Right now", it.fixed)):
        rows = [_changed(before, after) for before, after in pairs[:MOST_CHANGES]]
        if rows:
            parts.append(f"<h2>{title}</h2>")
            parts.append(_table(["text", "expected", "before", "now", "#confidence"], rows))
    return "".join(parts)


def _changed(before: Row, after: Row) -> list[str]:
    return [
        _text(after.text), _text(after.expected), _text(before.predicted), _text(after.predicted),
        _number(f"{after.confidence:.2f}"),
    ]  # fmt: skip


def _matrix(evaluation: Evaluation, pictures: Mapping[str, bytes]) -> str:
    if not evaluation.readings:
        return ""
    found = confusions(evaluation)
    rows = [
        [_text(right), _text(said or "(nothing)"), _number(f"{count}")]
        for (right, said), count in found[:MOST_CONFUSIONS]
    ]
    table = (
        _table(["expected", "predicted", "#times"], rows) if rows else "<p>None was confused.</p>"
    )
    picture = _image(pictures, "intent_confusion_matrix")
    return f"<h2>What was taken for what</h2>{picture}<h2>Most frequent confusions</h2>{table}"


def _calibration(evaluation: Evaluation, pictures: Mapping[str, bytes]) -> str:
    if not evaluation.readings:
        return ""
    bins = [
        [_text(f"{it.low:.1f} to {it.high:.1f}"), _number(f"{it.count:,}"),
         _number(f"{it.confidence:.3f}"), _number(f"{it.accuracy:.3f}")]
        for it in evaluation.calibration.bins
        if it.count
    ]  # fmt: skip
    trades = [
        [_number(f"{it.threshold:.2f}"), _number(_percent(it.answered)),
         _number(_percent(it.precision)), _number(_percent(it.wrong))]
        for it in evaluation.thresholds
    ]  # fmt: skip
    return (
        "<h2>Does confidence mean what it says?</h2>"
        "<p class=faint>Of the messages read with confidence 0.8, 80 % should be right. The expected "
        "calibration error is the mean distance from that.</p>"
        f"<div class=side>{_image(pictures, 'intent_calibration')}"
        f"{_image(pictures, 'intent_histogram')}</div>"
        f"<h2>Reliability</h2>{_table(['confidence', '#messages', '#mean', '#right'], bins)}"
        "<h2>What a threshold brings</h2><p class=faint>Wrong: the share of all messages that would "
        "move a conversation the wrong way.</p>"
        + _table(["#threshold", "#answered", "#right of these", "#wrong of all"], trades)
    )


def _intents(evaluation: Evaluation) -> str:
    intents = evaluation.intents
    if not evaluation.readings:
        return ""
    ranked = sorted(intents.per_intent.items(), key=lambda it: (it[1].f1, it[0]))
    rows = []
    for name, its in ranked:
        most = list(intents.confused_with(name).items())[:3]
        taken = ", ".join(f"{other or '(nothing)'} ({count})" for other, count in most)
        rows.append([_text(name or "(nothing)"), *_scores(its), _text(taken)])
    head = ["intent", "#precision", "#recall", "F1", "#cases", "taken for"]
    return f"<h2>Intents, the weakest first</h2>{_table(head, rows)}"


def _scores(its: Score) -> list[str]:
    width = BAR_REM * its.f1
    bar = (
        f'<td class=f1><span class=bar style="width:{width:.2f}rem"></span>{_percent(its.f1)}</td>'
    )
    return [
        _number(_percent(its.precision)), _number(_percent(its.recall)), bar,
        _number(f"{its.support:,}"),
    ]  # fmt: skip


def _entities(evaluation: Evaluation) -> str:
    found = evaluation.entities
    if found is None:
        return ""
    each = [*found.per_entity.items(), ("all", found.overall)]
    rows = [
        [_text(name), *_plain_scores(it.exact), *_plain_scores(it.partial),
         _number(f"{it.exact.support:,}")]
        for name, it in each
    ]  # fmt: skip
    head = [
        "entity", "#precision", "#recall", "#F1", "#precision, partial", "#recall, partial",
        "#F1, partial", "#cases",
    ]  # fmt: skip
    other = ", ".join(f"{name} ({count})" for name, count in found.unannotated.items())
    note = f"<p class=faint>Found, but never annotated: {escape(other)}.</p>" if other else ""
    about = "<p class=faint>Partial: an overlap with the right span counts as half a find.</p>"
    return f"<h2>Entities</h2>{about}{_table(head, rows)}{note}"


def _plain_scores(its: Score) -> list[str]:
    return [_number(_percent(it)) for it in (its.precision, its.recall, its.f1)]


def _errors(evaluation: Evaluation) -> str:
    errors = evaluation.errors
    if not errors:
        return ""
    rows = [
        [_text(it.case.text), _text(it.case.intent), _text(it.predicted or "(nothing)"),
         _number(f"{it.confidence:.2f}")]
        for it in errors[:MOST_ERRORS]
    ]  # fmt: skip
    more = f"The first {MOST_ERRORS} of " if len(errors) > MOST_ERRORS else ""
    table = _table(["text", "expected", "predicted", "#confidence"], rows)
    about = f"{more}{len(errors):,}; all are in errors.jsonl."
    return f"<h2>Errors, the surest first</h2><p class=faint>{about}</p>{table}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`#` marks a column of numbers; cells are HTML already."""
    titles = "".join(
        f"<th class=n>{escape(it[1:])}</th>" if it.startswith("#") else f"<th>{escape(it)}</th>"
        for it in head
    )
    lines = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"


def _text(value: str) -> str:
    cut = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    clean = cut.encode("utf-8", "replace").decode()
    return f"<td class=text>{escape(clean)}</td>"


def _number(value: str) -> str:
    return f"<td class=n>{value}</td>"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _image(pictures: Mapping[str, bytes], name: str) -> str:
    if name not in pictures:
        return ""
    data = base64.b64encode(pictures[name]).decode()
    return f'<img alt="{name.replace("_", " ")}" src="data:image/png;base64,{data}">'
