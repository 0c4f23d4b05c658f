"""Random documents of pages and of steps: valid ones, and the same with something broken."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from bot.engine.dialects.pages_reader import PAGE_TYPES, WORKING
from bot.engine.findings import escape
from tests.engine.strategies import conditions, json_values

Json = dict[str, Any]
words = st.sampled_from(["Hi", "Hi {firstName}", "{x} or {n}?", "{{slots.x | upper}}"])
texts = words | st.dictionaries(st.sampled_from(["en", "es", "pt-BR"]), words, min_size=1)
NOTHING: st.SearchStrategy[Any] = st.sampled_from([None, "", []])


@st.composite
def pages_documents(draw: st.DrawFn) -> Json:
    """Pages that lead to each other; those that never wait lead forward, so there is no circle."""
    count = draw(st.integers(1, 6))
    titles = [f"Page {i}" for i in range(count)]
    pages = [draw(_page(i, titles)) for i in range(count)]
    if draw(st.booleans()):
        pages[draw(st.integers(0, count - 1))]["isInitialScreen"] = True
    document: Json = {"pages": pages}
    if draw(st.booleans()):
        document["slots"] = {"n": {"type": "number"}}
        document["back_words"] = draw(st.sampled_from(["zurück", ["back", "Back up"]]))
    if draw(st.booleans()):
        document["otherwise"] = {"say": "Pardon?"}
    return document


@st.composite
def _page(draw: st.DrawFn, index: int, titles: list[str]) -> Json:
    last = index == len(titles) - 1
    kinds = ["text", "collect", "options"] if last else list(PAGE_TYPES)
    kind = draw(st.sampled_from(kinds))
    anywhere = st.sampled_from(titles)
    ahead = (
        anywhere if kind in ("text", "collect", "options") else st.sampled_from(titles[index + 1 :])
    )
    page: Json = {"title": titles[index], "pageType": kind, "next_page": draw(ahead)}
    if kind == "text" and draw(st.booleans()):
        page["next_page"] = draw(NOTHING)
    if kind not in WORKING or draw(st.booleans()):
        page[draw(st.sampled_from(["message", "content"]))] = draw(texts)
    if kind == "collect" or (kind == "options" and draw(st.booleans())):
        page["fieldName"] = "n" if kind == "collect" else draw(st.sampled_from(["x", "firstName"]))
    if kind in WORKING or draw(st.booleans()):
        page["task"] = "work"
        page["isToPerfomTask"] = draw(st.booleans())
    if kind == "apiCall":
        page["task"] = draw(st.sampled_from(["api:weather", "work"]))
        page["error_page"] = draw(ahead)
    if kind == "options":
        page["options"] = draw(_options(anywhere))
    page["prev"] = draw(anywhere | NOTHING)
    return page


@st.composite
def _options(draw: st.DrawFn, titles: st.SearchStrategy[str]) -> list[Json]:
    numbers = draw(st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True))
    labels = draw(st.permutations(["Tea", "Coffee", "Water", "Nothing"]))
    return [
        {
            "numberOnScreen": draw(st.sampled_from([number, str(number)])),
            "label": draw(st.sampled_from([label, {"en": label, "es": f"{label}o"}])),
            "next_page": draw(titles | NOTHING),
        }
        for number, label in zip(numbers, labels, strict=False)
    ]


BUTTONS: list[Json] = [
    {"text": "Which?", "buttons": ["Tea", {"title": "Coffee", "payload": "cup"}]},
    {"text": "Which?", "list": {"button": "Choose", "rows": ["Tea", {"title": "Coffee"}]}},
]
messages = texts | st.sampled_from(
    [
        *BUTTONS,
        {"text": {"en": "Look"}, "media": ["https://example.org/1.png"]},
        {"location": {"latitude": 1, "longitude": 2}},
        {"template": {"name": "hello"}},
    ]
)
processors = st.sampled_from(
    ["tidy", ["tidy", {"processor": "tidy", "with": {"a": 1}}], [{"set": {"x": "1"}}]]
)
triggers = st.sampled_from(["go", ["go", "on"], {"keyword": "go", "match": "contains"}])


@st.composite
def steps_documents(draw: st.DrawFn) -> Json:
    """Steps; those that do not wait lead forward, so there is no circle."""
    count = draw(st.integers(1, 6))
    names = [f"s{i}" for i in range(count)]
    document: Json = {"steps": [draw(_step(i, names)) for i in range(count)]}
    document["trigger"] = draw(triggers)
    if draw(st.booleans()):
        document["slots"] = {"n": {"type": "number"}}
    if draw(st.booleans()):
        document["otherwise"] = {"say": "Pardon?", "then": [{"say": "Bye"}]}
    return document


@st.composite
def _step(draw: st.DrawFn, index: int, names: list[str]) -> Json:
    ahead = st.sampled_from([*names[index + 1 :], "end"])
    anywhere = st.sampled_from([*names, "end"])
    step: Json = {"id": names[index]}
    kind = draw(st.sampled_from(["say", "ask", "answers", "choose", "decide", "end"]))
    if kind != "decide":
        step["message"] = draw(messages)
    if kind in ("ask", "choose"):
        step["variable"] = draw(st.sampled_from(["x", "n"]))
        step |= draw(
            st.sampled_from([{}, {"attempts": 2, "error": "Pardon?"}, {"exit_words": "no"}])
        )
        step["post_processors"] = draw(processors)
        step["next"] = draw(anywhere)
    if kind == "choose":
        step["message"] = draw(st.sampled_from(BUTTONS))
        step |= {"variable": "x", "type": "choice"}
        step["next"] = draw(st.sampled_from([{"tea": "end"}, {"Coffee": names[0], "*": "end"}]))
    if kind == "answers":
        keys = st.sampled_from(["yes", "No", "/help", "fine", "*"])
        step["next"] = draw(st.dictionaries(keys, anywhere, min_size=1))
    if kind == "decide":
        ways = st.lists(st.fixed_dictionaries({"when": conditions, "goto": ahead}), max_size=2)
        step["next"] = [*draw(ways.map(_without_names)), {"goto": draw(ahead)}]
    if kind == "end":
        step["end"] = True
    if draw(st.booleans()):
        step["pre_processors"] = draw(processors)
    return step


def _without_names(ways: list[Json]) -> list[Json]:
    """A name alone would be an answer."""
    return [
        {**way, "when": {"all": [way["when"]]}} if isinstance(way["when"], str) else way
        for way in ways
    ]


@st.composite
def damaged(draw: st.DrawFn, documents: st.SearchStrategy[Json]) -> Any:
    """A document in which a value is another one, is gone, or has something added."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(_places(document))))
        what = draw(st.sampled_from(["replace", "remove", "add", "copy"]))
        if what == "remove" and isinstance(holder, dict):
            del holder[key]
        elif what == "add" and isinstance(holder[key], dict):
            holder[key][draw(st.text("abc_/~", max_size=4))] = draw(json_values)
        elif what == "copy" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[key] = draw(json_values)
    return document


def _places(value: Any) -> list[tuple[Any, Any]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found: list[tuple[Any, Any]] = []
    for key, below in inner:
        found += [(value, key), *_places(below)]
    return found or [({0: value}, 0)]


def below(value: Any, place: str = "") -> Iterator[str]:
    """The pointers of all that is within a value, itself included."""
    yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from below(inner, f"{place}/{escape(key)}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from below(inner, f"{place}/{i}")
