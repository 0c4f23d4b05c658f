"""The Mermaid text, read by a grammar of our own that is stricter than Mermaid's."""

import re

from hypothesis import given

from bot.engine.graph import Graph, graph
from bot.engine.picture.markdown import markdown
from bot.engine.picture.mermaid import mermaid
from bot.engine.reader import read_flow
from bot.engine.traffic import StateTraffic, Traffic
from tests.engine.pictures import EVERY_KIND, drawn, nasty
from tests.engine.strategies import documents

LABEL = r'"(?P<{name}>(?:[\w .,!?\'/:…–—’“”-]|[^\x00-\x7f]|\#\d+;|<br/>)*)"'
NODE = re.compile(
    r"  (?P<id>[sf]\d+)(?P<open>\(\[|\{\{|\[\[|\[)"
    + LABEL.format(name="label")
    + r"(?P<shut>\]\)|\}\}|\]\]|\])"
)  # fmt: skip
ARROW = re.compile(
    r"  (?P<source>s\d+) (?P<arrow>-->|-\.->)(?:\|" + LABEL.format(name="label") + r"\|)? (?P<target>[sf]\d+)"
)  # fmt: skip
STYLE = re.compile(r"  classDef (initial|final|missing|subflow) [a-z0-9#:, -]+")
CLASS = re.compile(r"  class (?P<ids>[sf]\d+(?:,[sf]\d+)*) (initial|final|missing|subflow)")
PAIRS = {"[": "]", "([": "])", "{{": "}}", "[[": "]]"}


def read(text: str) -> tuple[dict[str, str], list[tuple[str, str, str, str]]]:
    """Labels by id, and arrows; fails on any line that is neither."""
    lines = text.removesuffix("\n").split("\n")
    assert lines.pop(0) == "flowchart LR"
    nodes: dict[str, str] = {}
    arrows = []
    for line in lines:
        if match := NODE.fullmatch(line):
            assert PAIRS[match["open"]] == match["shut"]
            assert match["id"] not in nodes
            nodes[match["id"]] = match["label"]
        elif match := ARROW.fullmatch(line):
            arrows.append((match["source"], match["target"], match["arrow"], match["label"] or ""))
        elif match := CLASS.fullmatch(line):
            assert set(match["ids"].split(",")) <= set(nodes)
        else:
            assert STYLE.fullmatch(line), line
    for source, target, _, _ in arrows:
        assert {source, target} <= set(nodes)
    return nodes, arrows


def plain(label: str) -> str:
    """What a reader sees."""
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label)


def faithful(it: Graph) -> None:
    """Every state with its name, every way between the right two."""
    nodes, arrows = read(mermaid(it))
    names = [plain(nodes[f"s{number}"].partition("<br/>")[0]) for number in range(len(it.nodes))]
    assert names == [" ".join(node.id.split()) or " " for node in it.nodes]
    ids = {node.id: f"s{number}" for number, node in enumerate(it.nodes)}
    drawn_ways = [(one, other, plain(label)) for one, other, _, label in arrows]
    for edge in it.edges:
        assert (ids[edge.source], ids[edge.target], " ".join(edge.label.split())) in drawn_ways
    assert len(arrows) == len(it.edges) + len(it.starts)


@given(documents)
def test_any_flow_is_mermaid(document: object) -> None:
    faithful(graph(read_flow(document, "f")))


def test_hostile_names_are_labels_only() -> None:
    faithful(nasty())
    text = mermaid(nasty())
    assert '"end' in text, "a reserved word is harmless within quotes"
    assert "#34;quoted#34;" in text
    assert "#60;script#62;" in text
    assert '"1#46; one' in text, "or Mermaid takes it for a list"
    assert '"#45; two' in text
    assert "#95;x#95;" in text


def test_kinds_of_ways() -> None:
    nodes, arrows = read(mermaid(drawn(EVERY_KIND)))
    kinds = {label: arrow for _, _, arrow, label in arrows}
    assert kinds["yes"] == "-->"
    assert kinds["after 1 h"] == kinds["shop fails"] == "-.->"
    assert kinds["starts, and waits"] == "-->"
    assert nodes["f0"] == "address"


def test_counts_are_a_line_of_each_state() -> None:
    it = drawn(EVERY_KIND)
    counts = Traffic({"ASK": StateTraffic(10, 7, 1, {"expired": 2})})
    nodes, _ = read(mermaid(it, counts))
    assert plain(nodes["s0"]).split("<br/>") == [
        "ASK", "Tea or coffee?", "10 in, 1 here, 20% lost"
    ]  # fmt: skip


def test_a_page_holds_the_chart_and_the_counts() -> None:
    it = drawn(EVERY_KIND)
    page = markdown(it, Traffic({"ASK": StateTraffic(10, 7, 1, {"expired": 2})}))
    heading, fence, *rest = page.split("\n\n")
    assert heading == "# Every kind of way"
    assert (
        fence
        == f"```mermaid\n{mermaid(it, Traffic({'ASK': StateTraffic(10, 7, 1, {'expired': 2})}))}```"
    )
    assert "| ASK | 10 | 7 | 1 | 2 | 20.0% |" in rest[0]
    assert markdown(nasty()).count("\n```") == 2, "no name ends the fence"
