"""Coverage as one HTML page that needs nothing else: no network, no script."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from bot.cli.conversations.coverage import Decision, FlowCoverage, Share, Way

FILE = "index.html"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1d2129; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #dde1e7;
  vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
td code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
tr.yes td:first-child { border-left: 4px solid #1a7f37; } tr.part td { background: #fff8e1; }
tr.part td:first-child { border-left: 4px solid #bf8700; } tr.no td { background: #ffebe9; }
tr.no td:first-child { border-left: 4px solid #cf222e; }
ul.states { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
ul.states li { border: 1px solid #1a7f37; background: #e8f7ec; border-radius: 4px;
  padding: .1rem .5rem; }
ul.states li.no { border-color: #cf222e; background: #ffebe9; }
.bar { display: inline-block; width: 6rem; height: .6rem; background: #ffcfca; }
.bar i { display: block; height: 100%; background: #1a7f37; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e9ee; background: #14171c; } th, td { border-color: #333a45; }
  tr.part td { background: #3b3212; } tr.no td { background: #4a1c1c; }
  ul.states li { background: #14361f; } ul.states li.no { background: #4a1c1c; }
}
"""


def write_page(folder: Path, covered: Iterable[FlowCoverage]) -> Path:
    """Writes the page into a folder, and answers its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(page(list(covered)), encoding="utf-8")
    return path


def page(covered: Sequence[FlowCoverage]) -> str:
    """The whole page."""
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Coverage of flows</title><style>{_STYLE}</style></head><body>",
            "<h1>Coverage of flows by conversation tests</h1>",
            *_summary(covered),
            *(part for it in covered for part in _flow(it)),
            "</body></html>\n",
        ]
    )


def _summary(covered: Sequence[FlowCoverage]) -> Iterator[str]:
    heads = "".join(f'<th class="n">{it}' for it in ("States", "Transitions", "Conditions", "All"))
    yield f"<table><thead><tr><th>Flow{heads}</tr></thead><tbody>"
    for it in covered:
        name, shares = escape(it.flow.name), it.shares.values()
        cells = "".join(f'<td class="n">{_share(share)}' for share in shares)
        kind = "yes" if it.percent >= 100 else "part" if it.entered else "no"
        yield (
            f'<tr class="{kind}"><td><a href="#{name}">{name}</a>{cells}'
            f'<td class="n">{it.percent:.1f} %</tr>'
        )
    yield "</tbody></table>"


def _share(share: Share) -> str:
    bar = f'<span class="bar"><i style="width:{share.percent:.0f}%"></i></span>'
    return f"{share.reached}/{share.all} {bar}"


def _flow(it: FlowCoverage) -> Iterator[str]:
    title = escape(it.flow.title or it.flow.name)
    yield f'<h2 id="{escape(it.flow.name)}">{title}</h2><h3>States</h3><ul class="states">'
    for name, count in it.states.items():
        kind = "yes" if count else "no"
        yield f'<li class="{kind}" title="entered {count} times">{escape(name)} {count}</li>'
    yield "</ul>"
    yield from _transitions(it.ways)
    yield from _conditions(it.decisions)


def _transitions(ways: Sequence[tuple[Way, int]]) -> Iterator[str]:
    if not ways:
        return
    yield "<h3>Transitions</h3><table><thead><tr><th>From<th>To<th>When"
    yield '<th class="n">Taken</tr></thead><tbody>'
    for way, count in ways:
        yield (
            f'<tr class="{"yes" if count else "no"}"><td>{escape(way.source)}'
            f"<td>{escape(way.target)}<td><code>{escape(way.label)}</code>"
            f'<td class="n">{count}</tr>'
        )
    yield "</tbody></table>"


def _conditions(decisions: Sequence[Decision]) -> Iterator[str]:
    if not decisions:
        return
    yield "<h3>Conditions</h3><table><thead><tr><th>In<th>Condition"
    yield '<th class="n">True<th class="n">False</tr></thead><tbody>'
    for it in decisions:
        kind = "yes" if it.whole else "part" if it.true or it.false else "no"
        never = "-" if it.always else str(it.false)
        yield (
            f'<tr class="{kind}"><td>{escape(it.source)}<td><code>{escape(it.label)}</code>'
            f'<td class="n">{it.true}<td class="n">{never}</tr>'
        )
    yield "</tbody></table>"
