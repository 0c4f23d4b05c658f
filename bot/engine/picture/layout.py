"""Where everything stands: layers from left to right, by Sugiyama's method.

Every way gets a place of its own between two states, as large as its label. So no label can lie on a
state or on another label, and a line that passes a layer has its own row there.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from fast_sugiyama import from_edges

from bot.engine.graph import Edge, Graph, SubFlow
from bot.engine.picture.rows import settled
from bot.engine.picture.text import cut, lines_of, width_of

NODE_WIDTH, NODE_HEIGHT = 192.0, 44.0
LINE_HEIGHT = 13.0
LINES = 2
"""A label has so many."""
LABEL_SIZE = 11.0
"""Pixels of the labels' font."""
LONGEST_LABEL, LONGEST_TARGET = 138.0, 124.0
"""Pixels: longer texts are cut, and stand whole in the title."""
PADDING = 16.0
SIGN = 15.0
"""Pixels of the sign before a target's name."""
PITCH = 60.0
"""Pixels between the library's layers and rows."""
GAP = 44.0
MARGIN = 28.0
APART = 34.0
"""Between parts of the flow that nothing connects."""
MOST_LINES = 12
"""So many ways that close a circle or meet another one are drawn as lines; of more, each ends in a
tag with the name of the state where it goes: hundreds of lines would be read by nobody."""
SHAPE = 1.6
"""Width to height that parts beside each other come near to."""

Role = Literal["forward", "back", "jump", "start"]
"""`back` is a line to a state further left, `jump` a tag that names the target."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle: its top left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width

    def moved(self, dx: float, dy: float) -> "Place":
        """The same rectangle elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Way:
    """An edge, or the start of a sub-flow: its tag (of no width without a label) and its lines.

    Each line is a list of points in the direction of travel, where every other stretch is level.
    """

    edge: Edge | SubFlow
    role: Role
    tag: Place
    label: tuple[str, ...]
    target: str
    lines: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of all states by name, all ways, and the size of the whole in pixels."""

    places: Mapping[str, Place]
    ways: tuple[Way, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Part:
    """One connected part: the places of its vertices, and the rows of lines that pass layers."""

    places: dict[int, Place] = field(default_factory=dict)
    chains: dict[tuple[int, int], list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0

    def moved(self, dx: float, dy: float) -> "_Part":
        places = {id_: place.moved(dx, dy) for id_, place in self.places.items()}
        chains = {
            ends: [(x + dx, y + dy) for x, y in points] for ends, points in self.chains.items()
        }
        return _Part(places, chains, self.width, self.height)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A way before it has a place: `vertex` stands for its label in the layout."""

    edge: Edge | SubFlow
    role: Role
    vertex: int
    source: int
    target: int | None
    label: tuple[str, ...]
    named: str

    @property
    def size(self) -> tuple[float, float]:
        """Of the tag."""
        label = label_width(self.label)
        named = width_of(self.named, LABEL_SIZE, bold=True) + SIGN if self.named else 0.0
        between = PADDING / 2 if label and named else 0.0
        width = label + between + named
        return (width + PADDING if width else 0.0), max(1, len(self.label)) * LINE_HEIGHT + 7

    @property
    def constraints(self) -> Iterator[tuple[int, int]]:
        """What stands left of what: the label of a way back stands behind both its states."""
        yield self.source, self.vertex
        if self.target is not None and self.target != self.source:
            yield (
                (self.target, self.vertex) if self.role == "back" else (self.vertex, self.target)
            )


def label_width(label: Sequence[str]) -> float:
    """The width of a label of several lines."""
    return max((width_of(line, LABEL_SIZE) for line in label), default=0.0)


def layout(graph: Graph) -> Plan:
    """The plan of a flow's picture; the same for the same graph."""
    numbers = {node.id: number for number, node in enumerate(graph.nodes)}
    drafts = _drafts(graph, numbers)
    sizes = dict.fromkeys(numbers.values(), (NODE_WIDTH, NODE_HEIGHT))
    sizes.update({draft.vertex: draft.size for draft in drafts})
    pairs = [pair for draft in drafts for pair in draft.constraints]
    parts = _packed(_parts(pairs, sizes, numbers[graph.initial]))
    places = {id_: place for part in parts for id_, place in part.places.items()}
    chains = {ends: points for part in parts for ends, points in part.chains.items()}
    return Plan(
        places={name: places[number] for name, number in numbers.items()},
        ways=tuple(_way(draft, places, chains) for draft in drafts),
        width=max(part.places[id_].right for part in parts for id_ in part.places) + MARGIN,
        height=max(p.y + p.height for part in parts for p in part.places.values()) + MARGIN,
    )


# what is drawn how


def _drafts(graph: Graph, numbers: Mapping[str, int]) -> list[_Draft]:
    drafts = []
    for index, (edge, role) in enumerate(zip(graph.edges, _roles(graph), strict=True)):
        source, target = numbers[edge.source], numbers[edge.target]
        label = lines_of(edge.label, LONGEST_LABEL, LABEL_SIZE, LINES)
        named = cut(edge.target, LONGEST_TARGET, LABEL_SIZE, bold=True) if role == "jump" else ""
        drawn_to = None if role == "jump" else target
        vertex = len(numbers) + index
        drafts.append(_Draft(edge, role, vertex, source, drawn_to, label, named))
    for start in graph.starts:
        vertex = len(numbers) + len(drafts)
        label = ("starts, and waits",) if start.returns else ("starts",)
        named = cut(start.flow, LONGEST_TARGET, LABEL_SIZE, bold=True)
        source = numbers[start.source]
        drafts.append(_Draft(start, "start", vertex, source, None, label, named))
    return drafts


def _roles(graph: Graph) -> list[Role]:
    """Of each edge in order."""
    first = _first_ways(graph)
    others = len(graph.edges) - len(first)
    if others > MOST_LINES:
        return ["forward" if index in first else "jump" for index in range(len(graph.edges))]
    back = _closing(graph)
    return ["back" if index in back else "forward" for index in range(len(graph.edges))]


def _leaving(graph: Graph) -> Mapping[str, list[tuple[int, str]]]:
    leaving: dict[str, list[tuple[int, str]]] = {node.id: [] for node in graph.nodes}
    for index, edge in enumerate(graph.edges):
        leaving[edge.source].append((index, edge.target))
    return leaving


def _beginnings(graph: Graph) -> list[str]:
    return [graph.initial, *(node.id for node in graph.nodes)]


def _first_ways(graph: Graph) -> set[int]:
    """The edges by which each state is reached on the shortest way: they make a forest."""
    leaving = _leaving(graph)
    first: set[int] = set()
    seen: set[str] = set()
    for beginning in _beginnings(graph):
        if beginning in seen:
            continue
        seen.add(beginning)
        ahead = deque([beginning])
        while ahead:
            for index, target in leaving[ahead.popleft()]:
                if target not in seen:
                    seen.add(target)
                    first.add(index)
                    ahead.append(target)
    return first


def _closing(graph: Graph) -> set[int]:
    """The edges that lead back to a state on the way to their own: without them nothing circles."""
    leaving = _leaving(graph)
    back: set[int] = set()
    done: set[str] = set()
    open_: set[str] = set()
    for beginning in _beginnings(graph):
        if beginning in done:
            continue
        path = [(beginning, iter(leaving[beginning]))]
        open_.add(beginning)
        while path:
            state, ways = path[-1]
            for index, target in ways:
                if target in open_:
                    back.add(index)
                elif target not in done:
                    open_.add(target)
                    path.append((target, iter(leaving[target])))
                    break
            else:
                path.pop()
                open_.discard(state)
                done.add(state)
    return back


# where it stands


def _parts(
    pairs: Sequence[tuple[int, int]], sizes: Mapping[int, tuple[float, float]], initial: int
) -> list[_Part]:
    """The connected parts: that of the initial state first, single states last."""
    parts = [_laid(group, sizes) for group in _connected(pairs)]
    placed = {vertex for part in parts for vertex in part.places}
    parts.sort(key=lambda part: (initial not in part.places, min(part.places)))
    for vertex, (width, height) in sizes.items():
        if vertex not in placed:
            alone = _Part({vertex: Place(0.0, 0.0, width, height)}, {}, width, height)
            parts.insert(0 if vertex == initial else len(parts), alone)
    return parts


def _connected(pairs: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The pairs of each connected part."""
    beside: dict[int, list[int]] = {}
    for one, other in pairs:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    part_of: dict[int, int] = {}
    for beginning in beside:
        ahead = [] if beginning in part_of else [beginning]
        while ahead:
            vertex = ahead.pop()
            if vertex not in part_of:
                part_of[vertex] = beginning
                ahead += beside[vertex]
    groups: dict[int, list[tuple[int, int]]] = {}
    for pair in pairs:
        groups.setdefault(part_of[pair[0]], []).append(pair)
    return list(groups.values())


def _laid(pairs: Sequence[tuple[int, int]], sizes: Mapping[int, tuple[float, float]]) -> _Part:
    """One connected part. The library numbers the rows of passing lines on from the count of the
    vertices, and with several parts at once gives a number twice: so it gets one part, without gaps."""
    ours = sorted({vertex for pair in pairs for vertex in pair})
    short = {vertex: number for number, vertex in enumerate(ours)}

    def long(number: int | str) -> int:
        own = int(number) - len(ours)
        return ours[int(number)] if own < 0 else len(sizes) + own

    numbered = [(short[source], short[target]) for source, target in pairs]
    [(positions, _, _, edges)] = from_edges(
        numbered, dummy_vertices=True, vertex_spacing=PITCH, ranking_type="minimize"
    )
    found = {long(vertex): (float(x), float(y)) for vertex, (x, y) in positions}
    inner = [(long(source), long(target)) for source, target in edges or ()]
    return _part(found, inner, sizes)


def _part(
    found: Mapping[int, Point],
    edges: Sequence[tuple[int, int]],
    sizes: Mapping[int, tuple[float, float]],
) -> _Part:
    """The library lays out from the top down; here its layers are columns, its rows heights."""
    top = max(y for _, y in found.values())
    layers = {vertex: round((top - y) / PITCH) for vertex, (_, y) in found.items()}
    heights = {vertex: sizes[vertex][1] for vertex in found if vertex in sizes}
    rows = _upright({vertex: x for vertex, (x, _) in found.items()}, edges)
    middles = settled(_in_columns(layers, rows), edges, heights, rows)
    left, right = _columns(layers, sizes)
    least = min(middle - heights.get(vertex, 0.0) / 2 for vertex, middle in middles.items())
    middles = {vertex: middle - least for vertex, middle in middles.items()}
    part = _Part(width=max(right.values()))
    for vertex, height in heights.items():
        x, width = left[layers[vertex]], sizes[vertex][0]
        part.places[vertex] = Place(x, middles[vertex] - height / 2, width, height)
    part.chains = _chains(edges, layers, middles, left, right, frozenset(sizes))
    part.height = max(m + heights.get(vertex, 0.0) / 2 for vertex, m in middles.items())
    return part


def _in_columns(layers: Mapping[int, int], rows: Mapping[int, float]) -> list[list[int]]:
    columns: list[list[int]] = [[] for _ in range(max(layers.values()) + 1)]
    for vertex in sorted(layers, key=lambda vertex: (rows[vertex], vertex)):
        columns[layers[vertex]].append(vertex)
    return columns


def _upright(rows: Mapping[int, float], edges: Iterable[tuple[int, int]]) -> dict[int, float]:
    """The rows, upside down where the first ways of most states would be the lowest."""
    below: dict[int, list[int]] = {}
    for source, target in edges:
        below.setdefault(source, []).append(target)
    ordered = sum(
        (rows[second] > rows[one]) - (rows[second] < rows[one])
        for targets in below.values()
        for one, second in zip(sorted(targets), sorted(targets)[1:], strict=False)
    )
    return {vertex: -row if ordered < 0 else row for vertex, row in rows.items()}


def _columns(
    layers: Mapping[int, int], sizes: Mapping[int, tuple[float, float]]
) -> tuple[dict[int, float], dict[int, float]]:
    """Where each layer begins and ends."""
    widths = dict.fromkeys(range(max(layers.values()) + 1), 0.0)
    for vertex, layer in layers.items():
        widths[layer] = max(widths[layer], sizes.get(vertex, (0.0, 0.0))[0])
    left: dict[int, float] = {}
    right: dict[int, float] = {}
    x = 0.0
    for layer, width in widths.items():
        left[layer], right[layer] = x, x + width
        x += width + GAP
    return left, right


def _chains(
    edges: Iterable[tuple[int, int]],
    layers: Mapping[int, int],
    middles: Mapping[int, float],
    left: Mapping[int, float],
    right: Mapping[int, float],
    real: frozenset[int],
) -> dict[tuple[int, int], list[Point]]:
    """The points of each pair's line between the two, the end of the first one's column included."""
    onward = {source: target for source, target in edges if source not in real}
    chains: dict[tuple[int, int], list[Point]] = {}
    for source, following in edges:
        if source not in real:
            continue
        points = [(right[layers[source]], middles[source])]
        vertex = following
        while vertex not in real:
            layer, y = layers[vertex], middles[vertex]
            points += [(left[layer], y), (right[layer], y)]
            vertex = onward[vertex]
        chains[source, vertex] = points
    return chains


def _packed(parts: Sequence[_Part]) -> list[_Part]:
    """The parts on shelves, so that the whole has about the shape of a screen."""
    area = sum((part.width + APART) * (part.height + APART) for part in parts)
    most = max(max(part.width for part in parts), (area * SHAPE) ** 0.5)
    packed = []
    x = y = tallest = 0.0
    for part in parts:
        if x and x + part.width > most:
            x, y, tallest = 0.0, y + tallest + APART, 0.0
        packed.append(part.moved(x + MARGIN, y + MARGIN))
        x += part.width + APART
        tallest = max(tallest, part.height)
    return packed


# lines

BESIDE = 5.0
"""Pixels by which a way back leaves its label, and comes to its state, beside the others."""


def _way(
    draft: _Draft,
    places: Mapping[int, Place],
    chains: Mapping[tuple[int, int], list[Point]],
) -> Way:
    tag, source = places[draft.vertex], places[draft.source]
    there = _line(source, chains[draft.source, draft.vertex], tag)
    lines = [there]
    if draft.role == "back" and draft.target is not None:
        target = places[draft.target]
        ends = (draft.target, draft.vertex)
        back = there if draft.target == draft.source else _line(target, chains[ends], tag)
        lines.append(tuple((x, y + BESIDE) for x, y in reversed(back)))
    elif draft.target is not None:
        lines.append(_line(tag, chains[draft.vertex, draft.target], places[draft.target]))
    return Way(draft.edge, draft.role, tag, draft.label, draft.named, tuple(lines))


def _line(one: Place, between: Iterable[Point], other: Place) -> tuple[Point, ...]:
    """From the right side of one to the left side of the other."""
    return ((one.right, one.middle), *between, (other.x, other.middle))
