"""The picture as a page of Markdown: Mermaid in a fenced block, and the counts as a table."""

from collections.abc import Iterator

from bot.engine.graph import Graph
from bot.engine.picture.mermaid import mermaid
from bot.engine.traffic import Traffic

_MEANT = "\\`*_{}[]<>()#+-.!|&~"


def markdown(graph: Graph, counts: Traffic | None = None) -> str:
    """A heading, the chart, and with counts one line for each state where somebody was."""
    parts = [f"# {_plain(graph.title or graph.flow)}", f"```mermaid\n{mermaid(graph, counts)}```"]
    if counts is not None:
        parts.append("\n".join(_table(graph, counts)))
    return "\n\n".join(parts) + "\n"


def _table(graph: Graph, counts: Traffic) -> Iterator[str]:
    yield "| state | entered | left | here now | ended here | drop-off |"
    yield "|---|---:|---:|---:|---:|---:|"
    for node in graph.nodes:
        it = counts.of(node.id)
        cells = (it.entered, it.left, it.live, sum(it.ended.values()), f"{it.drop_off:.1%}")
        yield f"| {_plain(node.id)} | {' | '.join(map(str, cells))} |"


def _plain(text: str) -> str:
    return "".join(f"\\{it}" if it in _MEANT else it for it in " ".join(text.split()))
