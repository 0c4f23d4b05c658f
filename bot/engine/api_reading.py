"""What the reading of a declared call gathers, and how its texts and addresses are read."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from bot.engine.api_addresses import is_address, is_public
from bot.engine.api_texts import Plain, Template
from bot.engine.reading import Reading, shown
from bot.engine.templates import Placeholder, TemplateInvalid, compiled
from bot.engine.variables import VARIABLE, Lookup, Setting, settings_in

_FIXED = re.compile(r"https?://[^/?#{\s\\]+(?:[/?]|\Z)", re.IGNORECASE)
"""What an address begins with: all of it up to the end of the host."""
_AS_WRITTEN = "/:?[]@!$&'()*+,;=%-._~"


class ApiReading(Reading):
    """The findings so far, the secrets met, and the variables that are missing, by place."""

    def __init__(self, name: str, lookup: Lookup) -> None:
        super().__init__(name)
        self.lookup = lookup
        self.secrets: set[str] = set()
        self.missing: dict[str, str] = {}

    def parts(self, text: str, place: str) -> list[str | Setting]:
        """A text's plain parts and settings."""
        if "${" in VARIABLE.sub("", text):
            reason = f"{shown(text)} names no variable"
            self.error("wrong-variable", place, reason, "write ${NAME} or ${NAME:-default}")
        found = list(settings_in(text, self.lookup))
        for part in found:
            if isinstance(part, Setting) and part.value is None:
                self.missing[place] = part.name
        return found


def read_template(r: ApiReading, text: str, place: str) -> Template:
    """A text with placeholders and settings. What a variable gives is a secret."""
    found: list[Plain | Placeholder] = []
    for part in r.parts(text, place):
        if isinstance(part, Setting):
            found.append(Plain(part.value or "", part.given))
            if part.given and part.value:
                r.secrets.add(part.value)
        else:
            found.extend(_placeholders(r, part, place))
    return tuple(found)


def _placeholders(r: ApiReading, text: str, place: str) -> Template:
    try:
        return tuple(p if isinstance(p, Placeholder) else Plain(p) for p in compiled(text))
    except TemplateInvalid as error:
        r.error("wrong-template", place, str(error))
        return ()


def read_secret(r: ApiReading, node: Mapping[str, Any], key: str, place: str) -> Template:
    """A credential; its settings, and what stands in the file, are never shown."""
    at = f"{place}/{key}"
    if not r.text(node.get(key), at, "a text"):
        return ()
    text: str = node[key]
    template = read_template(r, text, at)
    if "${" not in text and all(isinstance(part, Plain) for part in template):
        r.secrets.add(text)
        r.warning(
            "secret-in-file", at, "a secret that everybody reads who reads the file",
            "write ${NAME}, and set the variable NAME",
        )  # fmt: skip
    return template


def read_fixed(r: ApiReading, node: Mapping[str, Any], key: str, place: str) -> str:
    """A text of plain parts and settings, without placeholders."""
    if key not in node or not r.typed(node[key], str, f"{place}/{key}", "a text"):
        return ""
    parts = r.parts(node[key], f"{place}/{key}")
    return "".join((p.value or "") if isinstance(p, Setting) else p for p in parts)


def read_url(
    r: ApiReading, text: Any, place: str, with_secrets: bool, allow_private: bool
) -> Template:
    """An address: its host fixed, its values to be encoded when they are filled in."""
    if not r.text(text, place, "an address, as in https://shop.example/orders/{order}"):
        return ()
    settings = list(settings_in(text, r.lookup))
    base = settings[0] if settings and isinstance(settings[0], Setting) else None
    template = read_template(r, text, place)
    if place in r.missing or any(f.place == place for f in r.findings):
        return template
    if base is not None:
        # The setting that begins an address is where the server stands, not a secret.
        r.secrets.discard(base.value or "")
        ends = "/" if len(settings) > 1 and str(settings[1]).startswith("/") else ""
        template = (Plain((base.value or "").removesuffix(ends)), *template[1:])
    checked = _encoded(template, base is not None)
    fixed = _beginning(checked)
    if fault := _fault(fixed, text):
        r.error("wrong-url", place, fault, "as in https://shop.example/orders/{order}")
        return ()
    _warn(r, fixed, place, with_secrets, allow_private)
    return checked


def _encoded(template: Template, has_base: bool) -> Template:
    """The plain parts as an address writes them; a setting within it is a value, and encoded whole."""
    found: list[Plain | Placeholder] = []
    for i, part in enumerate(template):
        if isinstance(part, Plain):
            whole = part.secret and not (i == 0 and has_base)
            kept = "" if whole else _AS_WRITTEN
            found.append(Plain(quote(part.text, safe=kept, errors="replace"), part.secret))
        else:
            found.append(part)
    return tuple(found)


def _beginning(template: Template) -> str:
    """The plain text before the first value, which is shown by a brace."""
    text = ""
    for part in template:
        if not isinstance(part, Plain):
            return text + "{"
        text += part.text
    return text


def _fault(fixed: str, text: str) -> str | None:
    written = fixed.lower()
    if not written.startswith(("http://", "https://")):
        return "an address begins with http:// or https://"
    if "%23" in fixed or "#" in text:
        return "an address of a call has no '#'"
    if not _FIXED.match(fixed):
        return "the host is fixed: no value may stand in it"
    try:
        parts = urlsplit(fixed)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "the host or the port is wrong"
    if "@" in parts.netloc:
        return "no user name and password in an address: they belong to auth"
    if not host or "%" in parts.netloc or port == 0:
        return "the host is written in plain letters, digits, '.' and '-'"
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "no '..' in an address"
    return None


def _warn(r: ApiReading, fixed: str, place: str, with_secrets: bool, allow_private: bool) -> None:
    host = urlsplit(fixed).hostname or ""
    if allow_private:
        return
    if host == "localhost" or (is_address(host) and not is_public(host)):
        reason = f"calls are refused: {host} is not a public address"
        r.warning("private-address", place, reason, 'say "allow_private": true if it is meant')
    elif with_secrets and fixed.lower().startswith("http:"):
        r.warning("plain-http", place, "credentials go over the net unencrypted", "use https://")
