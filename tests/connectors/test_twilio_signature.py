"""Twilio's signatures: its published vectors, and its own validator as the oracle."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connectors.twilio.signature import body_is_authentic, form_is_authentic, sign

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
BODY = b'{"property": "value", "boolean": true}'
BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
BODY_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="


def test_the_published_form_vector() -> None:
    assert sign(TOKEN, URL, FIELDS) == SIGNATURE
    assert form_is_authentic(TOKEN, SIGNATURE, URL, FIELDS[::-1])


def test_the_published_json_vector() -> None:
    url = f"{URL}&bodySHA256={BODY_HASH}"
    assert body_is_authentic(TOKEN, BODY_SIGNATURE, url, BODY)
    assert not body_is_authentic(TOKEN, BODY_SIGNATURE, url, BODY + b" ")
    assert not body_is_authentic(TOKEN, BODY_SIGNATURE[::-1], url, BODY)


def test_a_body_that_no_hash_vouches_for_is_not_authentic() -> None:
    assert not body_is_authentic(TOKEN, sign(TOKEN, URL), URL, BODY)


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example:443/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/x?y=1", "https://a.example:443/x?y=1"),
        ("https://a.example/x", "https://a.example:8443/x"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("http://[::1]/x", "http://[::1]:5005/x"),
        ("http://me:secret@a.example:80/x", "http://me:secret@a.example/x"),
    ],
)
def test_the_port_may_be_signed_or_not(signed: str, called: str) -> None:
    assert form_is_authentic(TOKEN, sign(TOKEN, signed, FIELDS), called, FIELDS)


@pytest.mark.parametrize("signature", ["", "x", SIGNATURE[:-1], "é", "\udcff", SIGNATURE + "="])
def test_a_wrong_signature_is_only_wrong(signature: str) -> None:
    assert not form_is_authentic(TOKEN, signature, URL, FIELDS)


def test_a_signature_holds_for_its_own_fields_and_token_only() -> None:
    assert not form_is_authentic("54321", SIGNATURE, URL, FIELDS)
    assert not form_is_authentic(TOKEN, SIGNATURE, URL, [*FIELDS, ("Body", "x")])
    assert not form_is_authentic(TOKEN, SIGNATURE, URL + "&m=1", FIELDS)


class MultiDict(dict[str, list[str]]):
    """Fields with several values, as the validator reads them from Flask."""

    def getall(self, name: str) -> list[str]:
        return self[name]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(fields=st.lists(st.tuples(text, text)), path=st.from_regex(r"\A/[a-z0-9/]*(\?[a-z=&]+)?\Z"))
def test_agrees_with_twilios_own_validator(fields: list[tuple[str, str]], path: str) -> None:
    values: dict[str, Any] = MultiDict()
    for name, value in fields:
        values.setdefault(name, []).append(value)
    url = f"https://bot.example.com{path}"
    signature = RequestValidator(TOKEN).compute_signature(url, values)
    assert sign(TOKEN, url, fields) == signature
    assert form_is_authentic(TOKEN, signature, url, fields)
