"""The picture as Mermaid text, for pages that draw it themselves: wikis, READMEs, merge requests."""

import re
from collections.abc import Iterator

from bot.engine.graph import Edge, Graph, Node
from bot.engine.traffic import Traffic

LONGEST = 60
"""Characters of a text in a state; Mermaid breaks lines, but a state is no place for a letter."""

_SHAPES = {
    "final": ("([", "])"),
    "passes": ("{{", "}}"),
    "state": ("[", "]"),
}
_ARROWS = {"transition": "-->", "timeout": "-.->", "error": "-.->"}
_STYLES = (
    "classDef initial stroke:#5a4bd8,stroke-width:3px",
    "classDef final stroke-width:3px",
    "classDef missing stroke:#c2303b,stroke-dasharray:5 4",
    "classDef subflow fill:#e3f4f1,stroke:#0f8a7a,color:#0b6a5e",
)
_LIST = re.compile(r"\s*([0-9]{1,9}|)([.)+*-])\s")
"""The beginning of a list in Markdown, which Mermaid refuses in a label."""


def mermaid(graph: Graph, counts: Traffic | None = None) -> str:
    """A flowchart from left to right. States are called s0, s1... there: a name may be any text."""
    numbers = {node.id: f"s{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        opening, closing = _SHAPES[_shape(node)]
        text = quoted(*_texts(node, counts))
        lines.append(f"  {numbers[node.id]}{opening}{text}{closing}")
    lines += [_arrow(edge, numbers[edge.source], numbers[edge.target]) for edge in graph.edges]
    for number, start in enumerate(graph.starts):
        label = quoted("starts, and waits" if start.returns else "starts")
        lines.append(f"  f{number}[[{quoted(start.flow)}]]")
        lines.append(f"  {numbers[start.source]} -->|{label}| f{number}")
    lines += [f"  {style}" for style in _STYLES]
    lines += [f"  class {line}" for line in _classes(graph, numbers)]
    return "\n".join(lines) + "\n"


def quoted(*texts: str) -> str:
    """Texts as one label, each on a line of its own. Whatever means something to Mermaid, Markdown
    or HTML is written by its number."""
    return '"' + "<br/>".join(_escaped(text) for text in texts) + '"'


def _escaped(text: str) -> str:
    words = " ".join(text.split()) or " "
    listed = _LIST.match(words + " ")
    escaped = [
        f"#{ord(it)};"
        if _has_meaning(words, index) or (listed and index == listed.start(2))
        else it
        for index, it in enumerate(words)
    ]
    return "".join(escaped)


def _has_meaning(words: str, index: int) -> bool:
    character = words[index]
    if not character.isascii():
        return not character.isprintable()
    # Within a word an underscore emphasises nothing.
    if character == "_":
        return not (words[index - 1 : index].isalnum() and words[index + 1 : index + 2].isalnum())
    return not (character.isalnum() or character in " .,!?'-/:")


def _shape(node: Node) -> str:
    if node.final:
        return "final"
    return "passes" if node.passes else "state"


def _texts(node: Node, counts: Traffic | None) -> Iterator[str]:
    yield node.id
    asks = f"asks for {node.asks}" if node.asks else ""
    under = node.text or asks or node.action
    if not node.defined:
        under = "defined nowhere"
    if under:
        yield under if len(under) <= LONGEST else under[: LONGEST - 1].rstrip() + "…"
    if counts is not None:
        it = counts.of(node.id)
        lost = f", {it.drop_off:.0%} lost" if it.dropped else ""
        yield f"{it.entered} in, {it.live} here{lost}"


def _arrow(edge: Edge, source: str, target: str) -> str:
    label = f"|{quoted(edge.label)}|" if edge.label else ""
    return f"  {source} {_ARROWS[edge.kind]}{label} {target}"


def _classes(graph: Graph, numbers: dict[str, str]) -> Iterator[str]:
    groups = {
        "initial": [graph.initial],
        "final": [node.id for node in graph.nodes if node.final and node.defined],
        "missing": [node.id for node in graph.nodes if not node.defined],
    }
    for name, states in groups.items():
        if states:
            yield f"{','.join(numbers[state] for state in states)} {name}"
    if graph.starts:
        yield f"{','.join(f'f{number}' for number in range(len(graph.starts)))} subflow"
