"""Where everything stands in a picture, and what the SVG of it says."""

import itertools
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from bot.engine.graph import Edge, Graph, graph
from bot.engine.picture.layout import MOST_LINES, Place, Plan, layout
from bot.engine.picture.svg import svg
from bot.engine.picture.text import cut, lines_of, width_of
from bot.engine.reader import read_flow
from bot.engine.traffic import StateTraffic, Traffic
from tests.engine.pictures import EVERY_KIND, NASTY, drawn, nasty, tree
from tests.engine.strategies import documents

SVG = "{http://www.w3.org/2000/svg}"
FLOWS = Path(__file__).parents[2] / "flows"


def classes(shape: ET.Element) -> set[str]:
    return set(shape.get("class", "").split())


def shapes(picture: str, kind: str) -> list[ET.Element]:
    # Our own picture, not a stranger's.
    return [it for it in ET.fromstring(picture).iter() if kind in classes(it)]  # noqa: S314


def rectangles(plan: Plan) -> list[Place]:
    """Everything that takes room: states, and tags with something in them."""
    return [*plan.places.values(), *(way.tag for way in plan.ways if way.tag.width)]


def overlap(one: Place, other: Place) -> bool:
    beside = one.right <= other.x or other.right <= one.x
    apart = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not beside and not apart


def crossed(plan: Plan) -> Iterator[tuple[str, Place]]:
    """States and tags that a line runs through: within them no line may have a point."""
    for way in plan.ways:
        for line in way.lines:
            for (x1, y1), (x2, y2) in itertools.pairwise(line):
                left, right = sorted((x1, x2))
                upper, lower = sorted((y1, y2))
                for place in rectangles(plan):
                    within = place.x < right - 0.01 and left + 0.01 < place.right
                    if within and place.y < lower and upper < place.y + place.height:
                        yield str(way.edge), place


def consistent(it: Graph) -> None:
    """All that holds of every picture."""
    plan = layout(it)
    places = rectangles(plan)
    assert set(plan.places) == {node.id for node in it.nodes}
    assert [way.edge for way in plan.ways] == [*it.edges, *it.starts]
    for one, other in itertools.combinations(places, 2):
        assert not overlap(one, other), (one, other)
    assert not list(crossed(plan))
    for place in places:
        assert place.x >= 0
        assert place.y >= 0
        assert place.right <= plan.width
        assert place.y + place.height <= plan.height
    picture = svg(it, plan)
    assert len(shapes(picture, "node")) == len(it.nodes)
    assert len(shapes(picture, "way")) == len(it.edges) + len(it.starts)


@given(documents)
def test_any_flow_can_be_drawn(document: object) -> None:
    consistent(graph(read_flow(document, "f")))


@pytest.mark.parametrize("path", sorted(FLOWS.glob("[!_]*.json")), ids=lambda path: path.stem)
def test_what_ships_can_be_drawn(path: Path) -> None:
    consistent(graph(read_flow(json.loads(path.read_text(encoding="utf-8")), path.stem)))


@pytest.mark.parametrize("links", [0, 2])
def test_a_hundred_states_stand_apart(links: int) -> None:
    it = tree(100, links=links)
    consistent(it)
    plan = layout(it)
    assert plan.width < 60 * 100
    assert plan.height < 150 * 100


def test_a_thousand_states_and_a_chain_of_a_thousand_are_drawn() -> None:
    for it in (tree(1000), tree(1000, ways=1)):
        plan = layout(it)
        assert len(plan.places) == 1000
        assert len(shapes(svg(it, plan), "node")) == 1000


def test_the_same_graph_gives_the_same_picture() -> None:
    assert svg(tree(60, links=1)) == svg(tree(60, links=1))


def test_ways_lead_from_left_to_right_in_the_order_of_the_flow() -> None:
    plan = layout(tree(13))
    middles = [plan.places[f"STATE_{number}"].middle for number in range(1, 4)]
    assert middles == sorted(middles)
    assert plan.places["STATE_0"].x < plan.places["STATE_1"].x < plan.places["STATE_4"].x


def test_kinds_of_ways_and_states_can_be_told_apart() -> None:
    it = drawn(EVERY_KIND)
    picture = svg(it)
    ways = {
        (way.get("data-source"), way.get("data-target") or way.get("data-flow")): classes(way)
        for way in shapes(picture, "way")
    }
    assert {"back"} <= ways["ORDER", "ASK"]
    assert {"back"} <= ways["ORDER", "ORDER"]
    assert {"timeout"} <= ways["ASK", "LATER"]
    assert {"error"} <= ways["ORDER", "LATER"]
    assert {"start"} <= ways["ORDER", "address"]
    nodes = {node.get("data-state"): classes(node) for node in shapes(picture, "node")}
    assert nodes["ASK"] == {"node", "initial"}
    assert nodes["LATER"] == {"node", "final"}
    assert nodes["NOWHERE"] == {"node", "final", "undefined"}
    told = " ".join(ET.fromstring(picture).itertext())  # noqa: S314
    for word in ("choices: Tea, Coffee", "shop fails", "store in orders", "after 1 h"):
        assert word in told


def test_many_links_end_in_tags_that_name_their_target() -> None:
    it = tree(40, links=2)
    roles = Counter(way.role for way in layout(it).ways)
    assert roles["back"] == 0
    assert roles["forward"] == 39
    assert roles["jump"] == len(it.edges) - 39 > MOST_LINES
    tags = [tag for tag in shapes(svg(it), "tag") if "jump" in classes(tag)]
    named = {"".join(tag.itertext()).split("◷")[-1].split("↪")[-1] for tag in tags}
    assert "STATE_0" in named


def test_parts_that_nothing_connects_keep_their_own_lines() -> None:
    parts = [
        {"name": f"{part}1", "states": [
            {"name": f"{part}2", "states": [{"name": f"{part}3", "states": [{"name": f"{part}4"}]}]},
            {"name": f"@{part}4"}, {"name": f"@{part}3"},
        ]}
        for part in "ABC"
    ]  # fmt: skip
    consistent(drawn([*parts, {"name": "ALONE"}]))


def test_lines_begin_and_end_at_their_states() -> None:
    plan = layout(drawn(EVERY_KIND))
    for way in plan.ways:
        if way.role != "forward" or not isinstance(way.edge, Edge):
            continue
        source, target = plan.places[way.edge.source], plan.places[way.edge.target]
        assert way.lines[0][0] == (source.right, source.middle)
        assert way.lines[-1][-1] == (target.x, target.middle)


def test_hostile_names_stay_text() -> None:
    it = nasty()
    consistent(it)
    picture = svg(it)
    assert not shapes(picture, "alert")
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(picture).iter()}  # noqa: S314
    assert tags <= {"svg", "g", "title", "style", "rect", "path", "text"}
    states = {node.get("data-state") for node in shapes(picture, "node")}
    assert set(NASTY) - states == {"\u0001\u001b"}, "only what XML cannot write is replaced"


def test_a_long_name_is_cut_and_stands_whole_in_the_title() -> None:
    it = nasty()
    node = next(n for n in shapes(svg(it), "node") if n.get("data-state") == "L" * 300)
    name = next(text.text or "" for text in node.iter(f"{SVG}text"))
    assert name.startswith("LLL")
    assert name.endswith("…")
    title = node.find(f"{SVG}title")
    assert title is not None
    assert "L" * 300 in (title.text or "")


def test_a_page_with_a_stylesheet_gets_no_colours() -> None:
    it = drawn(EVERY_KIND)
    for forbidden in ("<style", "style="):
        assert forbidden not in svg(it, styled=False)
    assert "prefers-color-scheme: dark" in svg(it)


def test_counts_are_badges_and_words() -> None:
    it = drawn(EVERY_KIND)
    counts = Traffic(
        {"ASK": StateTraffic(12_345, 11_000, 45, {"expired": 1_200, "completed": 100})},
        {("ASK", "ORDER"): 11_000},
    )
    picture = svg(it, counts=counts)
    asked = next(node for node in shapes(picture, "node") if node.get("data-state") == "ASK")
    badges = ["".join(text.itertext()) for text in asked.iter(f"{SVG}text")][-3:]
    assert sorted(badges) == ["12.3k in", "45 here", "−10 %"]
    told = " ".join(asked.itertext())
    assert "1300 ended here (100 completed, 1200 expired), 10 % lost" in told
    assert "taken 11000 times" in picture
    assert not shapes(svg(it), "counts")


# texts


@pytest.mark.parametrize(
    "text", ["Your diary needs at least", "after 30 min", "FASTING_POOR_SLEEP"]
)
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_widths_are_near_those_of_the_widest_usual_font(text: str, weight: str) -> None:
    font = FT2Font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    font.set_size(100, 72)
    real = sum(font.load_char(ord(it)).linearHoriAdvance / 65536 for it in text) / 100
    guessed = width_of(text, 1, bold=weight == "bold")
    assert real * 0.98 <= guessed <= real * 1.12


def test_texts_are_cut_to_their_room_and_broken_between_words() -> None:
    assert cut("short", 100, 11) == "short"
    assert width_of(cut("a long text that does not fit", 60, 11), 11) <= 60
    assert cut("多语言多语言", 40, 11).endswith("…")
    lines = lines_of("bg unit is mg/dL and number from 70 to 130", 100, 11, 2)
    assert len(lines) == 2
    assert all(width_of(line, 11) <= 100 for line in lines)
    assert lines[0] == "bg unit is mg/dL"
    assert lines_of("one", 100, 11, 2) == ("one",)
    assert lines_of("", 100, 11, 2) == ()
    assert len(lines_of("w" * 200, 100, 11, 2)) == 1
