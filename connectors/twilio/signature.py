"""Twilio's request signatures: HMAC-SHA1 over the URL and the sorted form fields."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import parse_qs

_AUTHORITY = re.compile(r"(https?)(://(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*))(:\d*)?", re.IGNORECASE)
_PORTS = {"https": ":443", "http": ":80"}


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """The signature of a request to the URL with these form fields; a repeated pair counts once."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.digest(auth_token.encode(), text.encode("utf-8", "surrogatepass"), "sha1")
    return b64encode(mac).decode()


def form_is_authentic(
    auth_token: str, signature: str, url: str, fields: Sequence[tuple[str, str]]
) -> bool:
    """Whether Twilio sent this form; Twilio may or may not have signed the URL's port."""
    given = signature.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(sign(auth_token, form, fields).encode(), given) for form in _forms(url)
    )


def body_is_authentic(auth_token: str, signature: str, url: str, body: bytes) -> bool:
    """Whether Twilio sent this body, whose hash then stands in the signed URL."""
    hashes = parse_qs(url.partition("?")[2]).get("bodySHA256", [])
    if not hashes:
        return False
    same_body = hmac.compare_digest(
        hashlib.sha256(body).hexdigest().encode(), hashes[0].encode("utf-8", "surrogatepass")
    )
    return form_is_authentic(auth_token, signature, url, ()) and same_body


def _forms(url: str) -> Iterator[str]:
    yield url
    if found := _AUTHORITY.match(url):
        scheme, host, port = found.groups()
        other_port = "" if port else _PORTS[scheme.lower()]
        yield scheme + host + other_port + url[found.end() :]
