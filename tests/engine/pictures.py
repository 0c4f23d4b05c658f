"""Flows made to be drawn, for the tests of pictures."""

from typing import Any

from bot.engine.graph import Graph, graph
from bot.engine.reader import read_flow

NASTY = (
    "end", 'a "quoted" name', "<script>alert(1)</script>", "[x] (y) {z} |w|", "%% comment", "a;b",
    "1. one", "- two", "`code`", "graph TD", "naïve Zoë", "多语言", "שלום", "👋🏽 hi", "a&amp;b", "_x_",
    "\u0001\u001b", "#35;", "A-->B", "class", "L" * 300,
)  # fmt: skip
"""Names that mean something to XML, Mermaid or Markdown, or are hard to measure."""


def drawn(document: Any, name: str = "f") -> Graph:
    """The graph of a document."""
    return graph(read_flow(document, name))


def nasty() -> Graph:
    """Every nasty name as a state, a text and a keyword of a condition."""
    states = [
        {
            "name": name,
            "enter": {"say": name},
            "states": [
                {"name": f"@{NASTY[number - 1]}", "condition": {"text": True, "value": name}}
            ],
        }
        for number, name in enumerate(NASTY)
    ]
    return drawn({"flow": "f", "title": NASTY[1], "states": states})


def tree(count: int, ways: int = 3, links: int = 0) -> Graph:
    """A tree of so many states, with links from every state but the first to it and on."""
    names = [f"STATE_{number}" for number in range(count)]
    made: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        below = range(number * ways + 1, min(count, number * ways + 1 + ways))
        targets = [*below, *(count * (link + 1) // (links + 1) % count for link in range(links))]
        made.append({
            "name": name, "enter": {"say": f"What do you want to know about number {number}?"},
            "timeout": {"after": "30m", "goto": names[0]},
            "states": [{"name": f"@{names[target]}",
                        "condition": {"text": True, "value": f"number {target}"}}
                       for target in targets],
        })  # fmt: skip
    return drawn({"flow": "tree", "states": made})


EVERY_KIND = {
    "flow": "every", "title": "Every kind of way",
    "states": [
        {"name": "ASK", "enter": [{"say": "Tea or coffee?"}],
         "collect": {"slot": "drink", "type": "choice", "choices": ["Tea", "Coffee"]},
         "timeout": {"after": "1h", "goto": "LATER"},
         "states": [
             {"name": "ORDER", "enter": [{"call": "shop", "error": {"goto": "LATER"}},
                                         {"start": "address", "return": ["street"]},
                                         {"store": "orders", "values": {"drink": "{drink}"}}],
              "states": [{"name": "@ASK", "condition": "is_user_reply_yes"},
                         {"name": "@ORDER", "condition": "is_user_reply_no"},
                         {"name": "@NOWHERE", "condition": {"expression": "slots.drink == 'Tea'"}}]},
         ]},
        {"name": "LATER", "enter": {"say": "We come back to you."}},
    ],
}  # fmt: skip
"""A flow with a link back, a link to itself, to nowhere, a silence, an error, a sub-flow."""
