"""Random documents: valid flows, the same with one mistake, and any JSON."""

from typing import Any

from hypothesis import strategies as st

NAMES = ["A", "B", "C", "D", "E"]
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
buttons = words | _with({"title": texts_or_words}, payload=st.text(_letters, max_size=5))
steps = st.one_of(
    st.sampled_from(ACTIONS),
    _with(
        {"say": texts_or_words | _with({"response": words})},
        buttons=st.lists(buttons, max_size=3),
        media=_one_or_more(words),
    ),
    _with({"action": st.sampled_from(ACTIONS)}),
    _with({"set": st.dictionaries(st.sampled_from(["x", "n", "email"]), texts | numbers)}),
    _with({"add_tag": _one_or_more(words)}),
    _with({"remove_tag": _one_or_more(words)}),
    _with({"note": texts}),
    _with({"email": _with({"subject": texts_or_words, "text": texts_or_words}, to=texts)}),
    _with({"wait": durations}),
    _with({"start": words}),
    _with({"hand_over": st.just(True) | words}),
    _with({"end": st.just(True) | words}),
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
collects = st.one_of(
    _with(
        {"slot": st.sampled_from(["x", "email"])},
        type=st.sampled_from(
            [
                "text",
                "number",
                "money",
                "duration",
                "date",
                "time",
                "datetime",
                "name",
                "email",
                "phone",
                "yes_no",
            ]
        ),
        min=st.integers(0, 3),
        max=st.integers(4, 9),
        error=texts_or_words,
        attempts=st.integers(1, 3),
        exit_words=_one_or_more(words),
    ),
    _with({"slot": st.just("x"), "type": st.just("choice"), "choices": _one_or_more(words)}),
)
links = _with(
    {"name": st.sampled_from([f"@{name}" for name in NAMES])},
    condition=conditions,
    enter=step_lists,
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
                **{"pass": st.booleans()},
            )
        )
        node.setdefault("states", [])
        home = draw(st.sampled_from(homes)) if found else found
        home.append(node)
        homes.append(node["states"])
    return found


_kinds = st.sampled_from(["keyword", "intent", "event", "schedule"])
triggers = st.one_of(
    st.tuples(_kinds, _one_or_more(words), _with({}, when=conditions, interrupt=st.booleans())).map(
        lambda found: {found[0]: found[1], **found[2]}
    ),
    st.sampled_from([{"manual": True}, {"webhook": True}, {"webhook": ["order"]}]),
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
        slots=st.dictionaries(
            st.sampled_from(["x", "n"]),
            _with(
                {}, type=words, scope=st.sampled_from(["session", "contact"]), initial=json_values
            ),
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
