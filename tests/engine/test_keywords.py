"""Keywords of triggers: whole messages, words within them, and patterns, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.facts import Facts
from bot.engine.flow import Flow, Trigger, TriggerMatch
from bot.engine.keywords import heard, is_said
from bot.engine.patterns import LONGEST_PATTERN, PatternInvalid, check, is_in, is_whole
from bot.engine.reader import read_flow
from bot.engine.routing import Begin, route
from tests.engine.driver import reading


def said(match: TriggerMatch, keyword: str, text: str) -> bool:
    return is_said(Trigger("keyword", (keyword,), "", match=match), text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("coupon", "I want a coupon, please"),
        ("coupon", "COUPON!"),
        ("coupon", "the coupon's code"),
        ("free coffee", "is it  Free   COFFEE day?"),
        ("скидка", "а скидка есть?"),
        ("خصم", "هل يوجد خصم اليوم"),
        ("छूट", "क्या छूट है"),
        ("καφές", "Ένας ΚΑΦΈΣ παρακαλώ"),
        ("优惠券", "我想要优惠券谢谢"),
        ("クーポン", "クーポンをください"),
        ("คูปอง", "ขอคูปองหน่อย"),
        ("쿠폰", "쿠폰 주세요"),
        ("café", "un cafe\u0301 por favor"),
        ("5", "number 5"),
    ],
)
def test_a_keyword_stands_in_the_message(keyword: str, text: str) -> None:
    assert said("contains", keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("coupon", "coupons"),
        ("art", "a party"),
        ("скидка", "соскидкакать"),
        ("خصم", "خصمه"),
        ("छूट", "छूटें"),
        ("कि", "किताब"),
        ("5", "15"),
        ("free coffee", "free the coffee"),
        ("coupon", ""),
    ],
)
def test_a_part_of_a_word_is_no_keyword(keyword: str, text: str) -> None:
    assert not said("contains", keyword, text)


def test_exact_is_the_whole_message() -> None:
    assert said("exact", "Free Coffee", " free  coffee! ")
    assert not said("exact", "coffee", "free coffee")


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("你好", "你好。"),
        ("मदद", "मदद।"),
        ("مساعدة", "مساعدة؟"),
        ("ayuda", "¡Ayuda!"),
        ("クーポン", "ｸｰﾎﾟﾝ！"),
        ("café", "Cafe\u0301"),
        ("straße", "STRASSE"),
    ],
)
def test_exact_leaves_out_marks_and_forms_of_letters(keyword: str, text: str) -> None:
    assert said("exact", keyword, text)


@given(st.text(max_size=20))
def test_a_keyword_is_heard_as_it_was_written(keyword: str) -> None:
    assert heard(heard(keyword)) == heard(keyword)
    assert said("exact", keyword, f" {keyword}! ") == bool(heard(keyword))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"order \d+", "about ORDER 17", True),
        (r"order \d+", "order", False),
        ("^help", "help me", True),
        ("^help", "please help", False),
        ("скидк", "СКИДКУ мне", True),
        ("(a+)+$", "a" * 1900 + "!", True),
        ("(a+)+b", "a" * 1900 + "!", False),
    ],
)
def test_patterns(pattern: str, text: str, found: bool) -> None:
    assert said("regex", pattern, text) is found


@pytest.mark.parametrize(
    "pattern", ["(a", "(?=a)", r"(a)\1", "a{1000}{1000}", "x" * (LONGEST_PATTERN + 1)]
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternInvalid):
        check(pattern)


def test_half_a_character_is_searched_like_any_other() -> None:
    assert is_in("x", "\ud800x")
    assert not is_whole("x", "\ud800x")


def starts(name: str, **trigger: str) -> Flow:
    return read_flow({"triggers": [trigger], "states": [{"name": "A"}]}, name)


@pytest.mark.parametrize(("text", "flow"), [("free coffee", "exact"), ("some coffee", "loose")])
def test_a_whole_message_goes_before_a_part_of_one(text: str, flow: str) -> None:
    loose = starts("loose", keyword="coffee", match="contains")
    flows = {"loose": loose, "exact": starts("exact", keyword="free coffee")}
    facts = Facts("t", text=text, parse=reading(text), has_message=True)
    chosen = route(facts, None, None, flows, None, False)
    assert isinstance(chosen, Begin)
    assert chosen.flow.name == flow
