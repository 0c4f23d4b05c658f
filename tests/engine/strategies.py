"""Random documents: valid flows, the same with one mistake, and any JSON."""

from typing import Any

from hypothesis import strategies as st

NAMES = ["A", "B", "C", "D", "E"]
APIS = ["weather", "crm"]
FUNCTIONS = ["tidy", "lookup"]
EXPRESSIONS = [
    "slots.n + 1.5", "slots.n >= 2", "has(slots.x)", "'one' in tags", "text.size() > 3", "1 / 0",
    "globals.open", "registry.seen", "'a' + text", "slots.gone > 1", "[1, 2].exists(i, i > 1)",
]  # fmt: skip
ACTIONS = ["work", "look_up", "gone"]
_letters = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_letters, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(_letters, max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
texts = st.sampled_from(["Hi", "Hi {first_name}", "{{slots.x | upper}}", "{text}", "{{'{'}}", "?"])
by_language = st.dictionaries(
    st.sampled_from(["en", "es", "pt-BR", "zh-Hant-TW"]), texts, min_size=1, max_size=3
)
texts_or_words = texts | by_language
durations = st.sampled_from(["1s", "30s", "10m", "1.5h", "24h", "2 d", "1w"])
comments = st.fixed_dictionaries({}, optional={"$comment": json_values})


def _with(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional={**optional, "$comment": json_values})


def _one_or_more(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return words | st.lists(words, min_size=1, max_size=3)


words = st.sampled_from(["one", "two", "Three four"])
numbers = st.integers(-5, 20) | st.sampled_from([0.5, 2.5])
comparisons = st.one_of(
    _with({"intent": st.sampled_from(["affirm", "deny", "help"])}),
    _with({"intent": words, "op": st.just(">="), "value": st.sampled_from([0, 0.5, 1])}),
    _with({"entity": st.just("name")}),
    _with({"slot": st.sampled_from(["x", "n"]), "op": st.just("exists")}),
    _with({"slot": st.just("n"), "op": st.sampled_from(["<", "<=", ">", ">="]), "value": numbers}),
    _with({"slot": st.just("x"), "value": numbers | words | st.booleans()}),
    _with({"tag": words}),
    _with({"global": st.just("open")}),
    _with({"global": st.just("open"), "value": st.booleans() | words}),
    _with({"expression": st.sampled_from(EXPRESSIONS)}),
    _with({"event": st.sampled_from(["message", "start", "due"])}),
    _with({"text": st.just(True), "op": st.sampled_from(["=", "contains", "!="]), "value": words}),
    _with({"text": st.just(True), "op": st.just("in"), "value": st.lists(words, min_size=1)}),
    _with({"number": st.just(True) | st.integers(1, 3)}),
    _with({"number": st.just(True), "op": st.just("between"),
           "value": st.lists(numbers, min_size=2, max_size=2).map(sorted)}),
)  # fmt: skip
condition_names = st.sampled_from(
    ["always", "get_smth_from_user", "is_user_reply_yes", "is_user_reply_no", "mine", "unknown"]
)
conditions = st.recursive(
    condition_names | comparisons,
    lambda inner: st.one_of(
        _with({"all": st.lists(inner, min_size=1, max_size=3)}),
        _with({"any": st.lists(inner, min_size=1, max_size=3)}),
        _with({"not": inner}),
    ),
    max_leaves=4,
)
values = st.dictionaries(
    st.sampled_from(["x", "n", "y"]),
    st.sampled_from(["Hi", "{text}", "{slots.n}"])
    | st.integers(-5, 20)
    | st.booleans()
    | _with({"expression": st.sampled_from(EXPRESSIONS)}),
    max_size=3,
)
buttons = words | _with({"title": texts_or_words}, payload=st.text(_letters, max_size=5))
steps = st.one_of(
    st.sampled_from(ACTIONS),
    _with(
        {"say": texts_or_words | _with({"response": words})},
        buttons=st.lists(buttons, max_size=3),
        media=_one_or_more(words),
    ),
    _with({"action": st.sampled_from(ACTIONS)}),
    _with(
        {
            "set": st.dictionaries(
                st.sampled_from(["x", "n", "email"]),
                texts | numbers | _with({"expression": st.sampled_from(EXPRESSIONS)}),
            )
        }
    ),
    _with({"add_tag": _one_or_more(words)}),
    _with({"remove_tag": _one_or_more(words)}),
    _with({"note": texts}),
    _with({"email": _with({"subject": texts_or_words, "text": texts_or_words}, to=texts)}),
    _with({"wait": durations}),
    _with({"start": words}),
    _with({"hand_over": st.just(True) | words}),
    _with({"end": st.just(True) | words}),
)
_rows = words | _with(
    {"title": texts_or_words}, payload=st.text(_letters, max_size=5), description=texts_or_words
)
_shown = st.one_of(
    _with(
        {"say": words, "list": _with({"rows": st.lists(_rows, min_size=1)}, button=texts_or_words)}
    ),
    _with(
        {
            "say": texts,
            "location": _with(
                {
                    "latitude": st.floats(-90, 90) | st.sampled_from(["{slots.n}", "91", "{x}"]),
                    "longitude": st.integers(-180, 180),
                },
                name=texts_or_words,
            ),
        }
    ),
    _with(
        {
            "say": texts,
            "template": _with(
                {"name": words}, language=words, parameters=st.lists(texts_or_words, max_size=2)
            ),
        }
    ),
)
saved = st.dictionaries(st.sampled_from(["x", "n"]), st.sampled_from(["sky", "n"]), max_size=2)
_calls = st.fixed_dictionaries(
    {"call": st.sampled_from(APIS)}, optional={"with": values, "save": saved}
)
_processors = st.fixed_dictionaries(
    {"processor": st.sampled_from(FUNCTIONS)}, optional={"with": values}
)
processing = st.one_of(
    st.sampled_from(FUNCTIONS),
    st.lists(
        st.one_of(
            st.sampled_from(FUNCTIONS),
            _processors,
            _calls,
            st.fixed_dictionaries({"set": values}),
        ),
        max_size=3,
    ),
)
steps = st.one_of(
    steps,
    _shown,
    _calls,
    _processors,
    st.fixed_dictionaries({"task": st.sampled_from(FUNCTIONS)}, optional={"with": values}),
    _with({"store": words, "values": values}, key=st.sampled_from(["{phone}", "{text}", "k"])),
    st.builds(
        lambda call, error: {**call, "error": error},
        _calls,
        steps
        | st.lists(steps, max_size=2)
        | st.fixed_dictionaries(
            {"goto": st.sampled_from(NAMES)}, optional={"enter": st.lists(steps, max_size=2)}
        )
        | st.fixed_dictionaries({"enter": steps}),
    ),
)
steps = steps | _with(
    {"start": words}, **{"return": st.booleans() | _one_or_more(words) | st.just({"x": "y"})}
) | _with(
    {"split": st.lists(
        _with({"enter": steps | st.lists(steps, max_size=2)}, weight=st.sampled_from([1, 0.5, 3])),
        min_size=2, max_size=3,
    )},
)  # fmt: skip
step_lists = steps | st.lists(steps, max_size=4)
_said = st.one_of(
    st.just({}), st.fixed_dictionaries({"say": words}), st.fixed_dictionaries({"enter": step_lists})
)


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {k: v for part in found for k, v in part.items()})


otherwise = _merged(_said, _with({}, times=st.integers(0, 3), then=step_lists))
timeouts = _merged(
    _said, _with({"after": durations}, goto=st.sampled_from(NAMES), times=st.integers(0, 3))
)
choices = st.lists(
    st.sampled_from(
        [
            "one",
            {"label": "two", "words": ["zwei"]},
            {"label": {"en": "Three four", "es": "Tres"}, "value": "3", "means": "help"},
            {"label": "Yes {first_name}", "value": "yes", "means": "affirm"},
        ]
    ),
    min_size=1,
    unique_by=str,
)
_asking = {
    "ask": texts_or_words,
    "error": texts_or_words,
    "attempts": st.integers(1, 3),
    "exit_words": _one_or_more(words),
    "valid": conditions,
}
_targets = st.sampled_from([{"slot": "x"}, {"slot": "email"}, {"slot": "n"}, {"field": "town"}])
collects = st.one_of(
    _merged(
        _targets,
        _with(
            {},
            type=st.sampled_from(
                ["text", "number", "money", "duration", "name", "email", "phone", "yes_no",
                 "location", "media"]
            ),
            min=st.integers(0, 3),
            max=st.integers(4, 9),
            min_length=st.integers(0, 3),
            max_length=st.integers(3, 9),
            pattern=st.sampled_from(["[a-z]+", ".*", "\\d+"]),
            **_asking,
        ),
    ),
    _merged(
        _targets,
        _with(
            {"type": st.sampled_from(["date", "datetime"])},
            min=st.just("2026-01-01"),
            max=st.just("2027-01-01"),
            **_asking,
        ),
    ),
    _merged(
        _targets,
        _with(
            {"type": st.just("time")}, min=st.just("08:00"), max=st.just("17:30"), **_asking
        ),
    ),
    _merged(_targets, _with({"type": st.just("choice"), "choices": choices}, **_asking)),
    _with({"slot": st.just("x"), "type": st.just("choice"), "choices": words}),
)  # fmt: skip
links = _with(
    {"name": st.sampled_from([f"@{name}" for name in NAMES])},
    condition=conditions,
    enter=step_lists,
    before_answer=st.booleans(),
)


@st.composite
def states(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Top-level states with others nested in them; every name once."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    found: list[dict[str, Any]] = []
    homes: list[list[dict[str, Any]]] = [found]
    for name in names:
        node = draw(
            _with(
                {"name": st.just(name)},
                condition=conditions,
                enter=step_lists,
                otherwise=otherwise,
                timeout=timeouts,
                collect=collects,
                states=st.lists(links, max_size=2),
                pre=processing,
                post=processing,
                before_answer=st.booleans(),
                **{"pass": st.booleans()},
            )
        )
        node.setdefault("states", [])
        home = draw(st.sampled_from(homes)) if found else found
        home.append(node)
        homes.append(node["states"])
    return found


_kinds = st.sampled_from(["keyword", "intent", "event"])
triggers = st.one_of(
    st.tuples(_kinds, _one_or_more(words), _with({}, when=conditions, interrupt=st.booleans())).map(
        lambda found: {found[0]: found[1], **found[2]}
    ),
    st.sampled_from([{"manual": True}, {"webhook": True}, {"webhook": ["order"]}]),
    _with({"keyword": _one_or_more(words)}, match=st.sampled_from(["exact", "contains", "regex"])),
    _with(
        {
            "schedule": _one_or_more(st.sampled_from(["0 9 * * 1-5", "*/5 * * * *"])),
            "audience": st.sampled_from(
                ["always", {"tag": "vip"}, {"slot": "town", "value": "Oslo"}]
            ),
        },
        time_zone=st.just("Europe/Oslo"),
    ),
)
documents = states() | st.builds(
    lambda found, rest: {"states": found, **rest},
    states(),
    _with(
        {},
        flow=words,
        title=texts,
        version=numbers | words,
        language=st.just("en"),
        triggers=st.lists(triggers, max_size=2),
        expires_after=durations,
        slots=st.fixed_dictionaries(
            {},
            optional={
                "x": _with({}, scope=st.sampled_from(["session", "contact"]), initial=json_values),
                "n": _with(
                    {"type": st.just("number")},
                    scope=st.sampled_from(["session", "contact"]),
                    initial=numbers,
                ),
            },
        ),
        invariants=st.lists(
            _with(
                {
                    "name": st.text("abc", min_size=1),
                    "condition": comparisons | _with({"not": comparisons}),
                }
            ),
            max_size=2,
            unique_by=lambda found: found["name"],
        ),
        otherwise=otherwise,
        apology=texts,
        **{"$schema": st.just("flow.schema.json")},
    ),
)


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place]
    if isinstance(value, dict):
        for key, below in value.items():
            if key not in ("$comment", "initial", "set"):
                found += _places(below, (*place, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            found += _places(below, (*place, index))
    return found


def _changed(value: Any, place: tuple[Any, ...], change: Any) -> Any:
    if not place:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _changed(value[place[0]], place[1:], change)
    return copy


_MISTAKES: list[Any] = ["10 minutes", "@A", "", {}, [], {"say": "x"}, {"sey": "x"}, {"all": []}]


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A valid document with something replaced, added or removed somewhere."""
    document = draw(documents)
    place = draw(st.sampled_from(_places(document)))
    wrong: Any = draw(json_values | st.sampled_from(_MISTAKES))

    def change(value: Any) -> Any:
        inside, shorter = draw(st.booleans()), draw(st.booleans())
        if isinstance(value, dict) and inside:
            if value and shorter:
                gone = draw(st.sampled_from(list(value)))
                return {key: below for key, below in value.items() if key != gone}
            return {**value, draw(st.sampled_from(["say", "op", "value", "name", "oops"])): wrong}
        return wrong

    return _changed(document, place, change)
