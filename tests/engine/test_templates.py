"""Placeholders, filters and braces."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.templates import TemplateInvalid, compiled, names_in, render, snake

VALUES = {
    "first_name": "ann lee",
    "price": 2.0,
    "rate": 2.345,
    "empty": "",
    "nothing": None,
    "tricky": "{first_name} {{first_name}}",
    "items": ["a", "b"],
    "order": {"lineItems": [{"orderId": 7}], "code": "x"},
    "yes": True,
    "user": "the user",
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("no braces", "no braces"),
        ("Hi {first_name}!", "Hi ann lee!"),
        ("Hi {firstName}!", "Hi ann lee!"),
        ("Hi {{first_name}}!", "Hi ann lee!"),
        ("Hi {{ firstName }}!", "Hi ann lee!"),
        ("Hi {{user.first_name}}", "Hi ann lee"),
        ("Hi {{ user.firstName }}", "Hi ann lee"),
        ('Did you say "{{first_name}}"?', 'Did you say "ann lee"?'),
        ("'{{first_name}}' and '{first_name}'", "'ann lee' and 'ann lee'"),
        ("{{first_name}}'s", "ann lee's"),
        ("{user}", "the user"),
        ("{gone}", ""),
        ("{{gone.deeper.still}}", ""),
        ("{nothing}", ""),
        ("{price}", "2"),
        ("{items}", "a, b"),
        ("{{items.1}}", "b"),
        ("{{items.7}}", ""),
        ("{{items.x}}", ""),
        ("{{items.٣}}", ""),
        ("{{order.line_items.0.order_id}}", "7"),
        ("{{order.lineItems.0.orderId}}", "7"),
        ("{{order.code | upper}}", "X"),
        ("{{gone | default:'you'}}", "you"),
        ('{{gone | default:"you"}}', "you"),
        ("{{gone | default('you')}}", "you"),
        ("{{empty | default: you}}", "you"),
        ("{first_name | default:'you'}", "ann lee"),
        ("{{gone | default:'a|b' | upper}}", "A|B"),
        ("{{gone | default:'a}}b'}}", "a}}b"),
        ("{{gone|default:''}}", ""),
        ("{{first_name | title}}", "Ann Lee"),
        ("{{first_name | first | capitalize}}", "Ann"),
        ("{{rate | round}}", "2"),
        ("{{rate | round:1}}", "2.3"),
        ("{{first_name | round:1}}", "ann lee"),
        ("{{'{{'}}", "{{"),
        ("{{'{'}}first_name{{'}'}}", "{first_name}"),
        ("{{'}}'}}", "}}"),
        ("{{''}}", ""),
        ("{tricky}", "{first_name} {{first_name}}"),
        ("{{tricky}}", "{first_name} {{first_name}}"),
        ("{first_name}{price}", "ann lee2"),
        ("{{first_name.__class__}}", ""),
    ],
)
def test_render(text: str, rendered: str) -> None:
    assert render(text, VALUES) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "{", "}", "{{", "}}", "{}", "{{}}", "{ }", "a { b", "{{a}", "{a}}", "{a b}", "{a.}", "{.a}",
        "{1}", "{{a | nope}}", "{{a | }}", "{{a || upper}}", "{{a | round:x}}", "{{a|round:99}}",
        "{a!r}", "{a:>5}", "{a[0]}", "{{a | default:'x}}", "{{it's}}", "{{" + "a" * 400 + "}}",
    ],
)  # fmt: skip
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(TemplateInvalid):
        compiled(text)


@pytest.mark.parametrize(
    ("name", "same"), [("firstName", "first_name"), ("first_name", "first_name"), ("ID", "id")]
)
def test_snake(name: str, same: str) -> None:
    assert snake(name) == same


def test_names_in() -> None:
    text = "{a} {{user.b}} {{order.id | default:'c'}} {{'{'}}"
    assert names_in(text) == {"a", "b", "order"}


@pytest.mark.parametrize(
    "text",
    ["{" * 200_000, "{{" * 100_000 + "'", "{{'a" * 50_000, "{{a|" * 50_000,
     "{{a" + " " * 200_000 + "}}", "{{a | default" + " " * 280 + "x}}", '{{"' * 60_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(TemplateInvalid):
        compiled(text)
    assert time.perf_counter() - began < 1


@given(st.text("{}|.: \n\x00ab_Z1", max_size=60))
def test_without_quotes_no_brace_is_left_behind(text: str) -> None:
    try:
        rendered = render(text, {})
    except TemplateInvalid:
        return
    assert not set("{}") & set(rendered)


@given(st.text("{}|'\".: ab", max_size=60) | st.text(max_size=60))
def test_a_text_is_refused_at_once_or_never(text: str) -> None:
    try:
        compiled(text)
    except TemplateInvalid:
        return
    render(text, {})
    names_in(text)


@given(st.dictionaries(st.sampled_from(["a", "ab", "b_z"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)))  # fmt: skip
def test_no_value_makes_rendering_fail(values: dict[str, object]) -> None:
    for one in ("upper", "lower", "title", "capitalize", "trim", "first", "round:2", "default:x"):
        render("{a}{ab}{bZ}{{a.b}}{{a.0.b}}{{ab | " + one + "}}{{b_z | " + one + "}}", values)
