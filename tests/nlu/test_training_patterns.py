"""Regular expressions of training data: which are refused because they could hang."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.training.patterns import PatternError, check_pattern


@pytest.mark.parametrize(
    "expression",
    [
        r"(a+)+", r"(a*)*", r"(a|aa)+", r"(a|ab|b)+", r"(aa?)+",
        r"(\d{1,3},?)+", r"(.*)*", r"(\w+\s*)+", r"(x+x+)+", r"((ab)*|a)*", r"(ab?|[a-c])+",
        r"(a{1,40}){30}", r"(?=(a+)+)", r"(a|[^b])*", r"(\w*\s*\w*)+",
        r"\w*\w*\w*\w*\w*!", r"(a+){2,}", r"(a|a)*b", r"(?:ab|ab|c)+", r"(|)*",
        "a?" * 30 + "a" * 30, "(a|ab)(b|c)?" * 20 + "!",
    ],
)  # fmt: skip
def test_what_could_hang_is_refused(expression: str) -> None:
    with pytest.raises(PatternError, match="could hang"):
        check_pattern(expression)


@pytest.mark.parametrize(
    "expression",
    [
        r"\d{5}", r"\d{1,3}(,\d{3})*", r"\b[A-Z]{2}\d{6}\b", r"(\w+ )+", r"(\d{3},?)+", r"(a|b)+", r"(ab*)*",
        r"(?:foo|bar)+",
        r"[\w.+-]+@[\w-]+\.[\w.-]+", r"\w+\s+\w+\s+\w+\s+\w+", r"(\d+\.)*\d+", r".*foo.*bar.*",
        r"(?i)(yes|no)", r"(?P<a>x)(?P=a)", r"(a)?(?(1)b|c)", r"(?<!x)y(?!z)", r"^$", r"", r"[^\W\d_]+",
        r"((mon|tues|thurs)day[, ]*)+", r"(one |two |three |ten )+",
        r"(?:x1y|x10y|x100y)+", r".*(foo|four)+.*",
        r"(?:one|once|ones) (?:more|mores)? ?time", r"(\w|\d)+", r"([a-f]|[e-z])+",
        r"(\s*,\s*\w+){1,20}", r"\+?[0-9][0-9 ()-]{6,20}", r"(very )*much",
    ],
)  # fmt: skip
def test_what_people_write_is_taken(expression: str) -> None:
    check_pattern(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "(a",
        "[",
        "*",
        "a{99999999999}",
        "x" * 1001,
        "(a{20}){20}" * 9,
        "(" + "|".join(["."] + ["ab"] * 200) + ")*",
    ],
)
def test_what_is_broken_or_too_large_is_refused(expression: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(expression)


PIECES = st.sampled_from(
    ["a", "b", "(", ")", "|", "*", "+", "?", "{1,9}", "{2}", r"\w", r"\d", ".", "[ab]", "[^a]", "1"]
)


@given(st.lists(PIECES, max_size=8).map("".join), st.sampled_from(["a", "b", "ab", "1", "aab"]))
def test_what_is_taken_does_not_hang(expression: str, unit: str) -> None:
    try:
        check_pattern(expression)
    except PatternError:
        return
    began = time.process_time()
    re.search(f"(?:{expression})!", unit * 60)
    # Exponential time would be years: this is no measurement.
    assert time.process_time() - began < 10
