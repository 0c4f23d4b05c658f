"""The picture as SVG: shapes with classes; a stylesheet says how they look."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from bot.engine.graph import Edge, Graph, Node
from bot.engine.picture.layout import (
    LABEL_SIZE,
    LINE_HEIGHT,
    PADDING,
    SIGN,
    Place,
    Plan,
    Point,
    Way,
    label_width,
    layout,
)
from bot.engine.picture.style import STYLE
from bot.engine.picture.text import cut, width_of
from bot.engine.traffic import StateTraffic, Traffic

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif'
NAME_SIZE, TEXT_SIZE, COUNT_SIZE = 13.0, 11.5, 10.0
"""Pixels of the fonts; the stylesheets set the same ones."""
INSIDE = 13.0
"""Pixels from a state's side to its text."""
HEAD = (7.0, 4.0)
"""Length of an arrow's head, and half its breadth."""


def svg(
    graph: Graph, plan: Plan | None = None, counts: Traffic | None = None, *, styled: bool = True
) -> str:
    """The picture of a flow; `styled` puts the colours in, light and dark, so that it stands alone."""
    plan = plan or layout(graph)
    title = graph.title or graph.flow
    size = f"{_number(plan.width)} {_number(plan.height)}"
    width, height = size.split()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" '
        f'height="{height}" class="flow-picture" role="group" aria-label={_quoted(title)} '
        f"font-family={_quoted(FONT)} data-flow={_quoted(graph.flow)} "
        f"data-version={_quoted(graph.version)}>",
        f"<title>{_text(title)}</title>",
    ]
    if styled:
        parts.append(f"<style>\n{STYLE}</style>")
        parts.append('<rect class="paper" width="100%" height="100%"/>')
    parts += ['<g class="ways">', *(_lines(way, counts) for way in plan.ways), "</g>"]
    parts += ['<g class="tags">', *(_tag(way, counts) for way in plan.ways), "</g>"]
    parts += [
        '<g class="nodes">',
        *(_node(graph, node, plan.places[node.id], counts) for node in graph.nodes),
        "</g>",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


# ways


def _ends(way: Way) -> str:
    edge = way.edge
    if isinstance(edge, Edge):
        return f"data-source={_quoted(edge.source)} data-target={_quoted(edge.target)}"
    return f"data-source={_quoted(edge.source)} data-flow={_quoted(edge.flow)}"


def _kinds(way: Way, *more: str) -> str:
    kind = way.edge.kind if isinstance(way.edge, Edge) else ""
    return " ".join(word for word in (*more, way.role, kind) if word)


def _told(way: Way, counts: Traffic | None) -> str:
    """The way in words, for the pointer that rests on it."""
    edge = way.edge
    if not isinstance(edge, Edge):
        back = ", and waits until it is over" if edge.returns else ""
        return f"{edge.source} starts the flow {edge.flow}{back}"
    told = f"{edge.source} → {edge.target}: {edge.label or 'always'}"
    if counts is not None:
        told += f"\ntaken {_times(counts.ways.get((edge.source, edge.target), 0))}"
    return told


def _lines(way: Way, counts: Traffic | None) -> str:
    lines = "".join(f'<path class="line" d="{_path(line)}"/>' for line in way.lines)
    head = "" if way.role in ("jump", "start") else _head(way)
    title = f"<title>{_text(_told(way, counts))}</title>"
    return f'<g class="{_kinds(way, "way")}" {_ends(way)}>{title}{lines}{head}</g>'


def _path(points: Iterable[Point]) -> str:
    """Level where the points are on one height, else a smooth bend."""
    ahead = iter(points)
    x, y = next(ahead)
    drawn = [f"M{_number(x)} {_number(y)}"]
    for to_x, to_y in ahead:
        if to_y == y:
            drawn.append(f"H{_number(to_x)}")
        else:
            half = _number((x + to_x) / 2)
            bend = f"C{half} {_number(y)} {half} {_number(to_y)}"
            drawn.append(f"{bend} {_number(to_x)} {_number(to_y)}")
        x, y = to_x, to_y
    return "".join(drawn)


def _head(way: Way) -> str:
    x, y = way.lines[-1][-1]
    length, half = HEAD
    if way.role == "back":
        length = -length
    start, end = _number(x - length), _number(x)
    points = f"M{start} {_number(y - half)}L{end} {_number(y)}L{start} {_number(y + half)}Z"
    return f'<path class="head" d="{points}"/>'


def _tag(way: Way, counts: Traffic | None) -> str:
    """The label of a line, or the tag that names where a way goes that is not drawn."""
    place = way.tag
    if not place.width:
        return ""
    base = place.middle + LABEL_SIZE * 0.36
    inner = [f"<title>{_text(_told(way, counts))}</title>"]
    x = place.x + PADDING / 2
    if way.target:
        inner.append(_rect("tag-back", place, min(place.height / 2, 11)))
    for number, line in enumerate(way.label):
        lower = (number - (len(way.label) - 1) / 2) * LINE_HEIGHT
        inner.append(_words("label", x, base + lower, line))
    if way.target:
        x += label_width(way.label) + PADDING / 2 if way.label else 0
        inner.append(_words("sign", x, base, _sign(way)))
        inner.append(_words("target", x + SIGN, base, way.target))
    return f'<g class="{_kinds(way, "tag")}" {_ends(way)}>{"".join(inner)}</g>'


def _sign(way: Way) -> str:
    if not isinstance(way.edge, Edge):
        return "▷"
    return {"timeout": "◷", "error": "⚠", "transition": "↪"}[way.edge.kind]


# states


def _node(graph: Graph, node: Node, place: Place, counts: Traffic | None) -> str:
    kinds = {
        "initial": node.id == graph.initial,
        "final": node.final,
        "undefined": not node.defined,
        "passes": node.passes,
    }
    classes = " ".join(["node", *(kind for kind, holds in kinds.items() if holds)])
    told = _described(graph, node, counts)
    parts = [
        f'<g class="{classes}" data-state={_quoted(node.id)} role="img" '
        f"aria-label={_quoted(told.replace(chr(10), '. '))}>",
        f"<title>{_text(told)}</title>",
        _rect("halo", _grown(place, 6), 16),
        _rect("box", place, 11),
    ]
    if node.final:
        parts.append(_rect("inner", _grown(place, -3), 8))
    parts += _written(graph, node, place)
    if counts is not None:
        parts.append(_counts(counts.of(node.id), place))
    return "".join([*parts, "</g>"])


def _written(graph: Graph, node: Node, place: Place) -> Iterator[str]:
    room = place.width - 2 * INSIDE
    under = _under(node)
    sign = "▸ " if node.id == graph.initial else ""
    name_room = room - (18 if node.passes else 0)
    name = sign + cut(node.id, name_room - width_of(sign, NAME_SIZE), NAME_SIZE, bold=True)
    x = place.x + INSIDE
    yield _words("node-name", x, place.y + (19 if under else place.height / 2 + 4.5), name)
    if under:
        kind = "node-text" if node.text else "node-text quiet"
        yield _words(kind, x, place.y + 35, cut(under, room, TEXT_SIZE))
    if node.passes:
        yield _words("node-flag", place.right - INSIDE - 8, place.y + 19, "»")


def _under(node: Node) -> str:
    """The second line: what the state says, else what it asks or does."""
    if not node.defined:
        return "defined nowhere: the end"
    asks = f"asks for {node.asks}" if node.asks else ""
    return node.text or asks or node.action or "; ".join(node.does)


def _described(graph: Graph, node: Node, counts: Traffic | None) -> str:
    """All that is known of the state, line by line."""
    lines = [
        node.id,
        node.text,
        "the first state" if node.id == graph.initial else "",
        "passed through at once" if node.passes else "",
        f"asks for {node.asks}" if node.asks else "",
        "choices: " + ", ".join(node.choices) if node.choices else "",
        "; ".join(node.does),
        "" if node.defined else "defined nowhere, so the session ends here",
        "an end" if node.final and node.defined else "",
        _counted(counts.of(node.id)) if counts is not None else "",
    ]
    return "\n".join(line for line in lines if line)


def _counted(it: StateTraffic) -> str:
    ended = ", ".join(f"{count} {reason}" for reason, count in sorted(it.ended.items()))
    lost = f", {_percent(it.drop_off)} lost" if it.dropped else ""
    return (
        f"entered {_times(it.entered)}, left {_times(it.left)}, {it.live} here now, "
        f"{sum(it.ended.values())} ended here{f' ({ended})' if ended else ''}{lost}"
    )


def _counts(it: StateTraffic, place: Place) -> str:
    """Small badges on the lower side: how many came, how many are here, which share was lost."""
    badges = {
        "entered": f"{_short(it.entered)} in" if it.entered else "",
        "live": f"{_short(it.live)} here" if it.live else "",
        "lost": f"−{_percent(it.drop_off)}" if it.dropped else "",
    }
    x, parts = place.right - 8, []
    for kind, text in reversed(badges.items()):
        if not text:
            continue
        width = width_of(text, COUNT_SIZE, bold=True) + 10
        x -= width
        spot = Place(x, place.y + place.height - 5, width, 15)
        parts.append(_rect(f"badge {kind}", spot, 7.5))
        parts.append(_words(f"count {kind}", x + 5, spot.y + 11, text))
        x -= 3
    return f'<g class="counts">{"".join(parts)}</g>'


# words and shapes


def _short(count: int) -> str:
    for size, unit in ((1_000_000, "M"), (10_000, "k")):
        if count >= size:
            return f"{count / (1000 if unit == 'k' else size):.3g}{unit}"
    return str(count)


def _percent(share: float) -> str:
    percent = share * 100
    return f"{percent:.0f} %" if percent >= 1 else "<1 %"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _grown(place: Place, by: float) -> Place:
    return Place(place.x - by, place.y - by, place.width + 2 * by, place.height + 2 * by)


def _rect(kind: str, place: Place, radius: float) -> str:
    x, y, width, height = map(_number, (place.x, place.y, place.width, place.height))
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" '
        f'rx="{_number(radius)}"/>'
    )


def _words(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}">{_text(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape(_writable(text))


def _quoted(text: str) -> str:
    return quoteattr(_writable(text))


def _writable(text: str) -> str:
    """Without what XML knows no way to write."""
    return "".join(it if it in "\t\n" or _in_xml(ord(it)) else "\ufffd" for it in text)


def _in_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
