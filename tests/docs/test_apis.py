"""What a declared call can hold, how it can fail and what is found in it are named in docs/apis.md."""

import re
from typing import Any, get_args

import pytest

from bot.engine.api_auth_reader import AUTHS, BASIC_KEYS, CLIENT_IN, GRANTS, KEY_KEYS, OAUTH2_KEYS
from bot.engine.api_reader import API_KEYS, BODY_KINDS, SAVED_KEYS
from bot.engine.apis import Failure, Method
from tests.docs.reading import ROOT, codes, text_of

PAGE = text_of("docs/apis.md")
NAMED = codes(PAGE)
_CODE = re.compile(r'\.(?:error|warning)\(\s*"([a-z0-9-]+)"')


@pytest.mark.parametrize(
    "words",
    [API_KEYS, BODY_KINDS, (*AUTHS, "none"), OAUTH2_KEYS, GRANTS, CLIENT_IN, get_args(Method),
     get_args(Failure)],
    ids=["key", "body", "auth", "oauth2", "grant", "client_in", "method", "failure"],
)  # fmt: skip
def test_every_word(words: Any) -> None:
    assert set(words) <= NAMED


@pytest.mark.parametrize("key", [*KEY_KEYS, *BASIC_KEYS, *SAVED_KEYS])
def test_every_key_is_shown_in_an_example(key: str) -> None:
    assert f'"{key}":' in PAGE or f"`{key}`" in PAGE


def test_every_finding() -> None:
    files = (ROOT / "bot" / "engine").glob("api_*.py")
    found = {code for file in files for code in _CODE.findall(file.read_text())}
    assert len(found) > 15
    assert found <= NAMED
