"""What a message says: texts, buttons, lists, media, places and templates, from JSON."""

from collections.abc import Mapping
from typing import Any

from bot.engine.reading import (
    Reading,
    read_template,
    read_texts,
    read_words,
    shown,
)
from bot.engine.slot_types import location as is_location
from bot.engine.steps import Choice, Location, Menu, Row, Say, Step, Template
from bot.engine.wording import Text

SAY_KEYS = ("say", "buttons", "media", "list", "location", "template", "$comment")
MOST_ROWS = 100
"""More are nobody's to read on a phone."""


def read_say(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, SAY_KEYS, place)
    text, response = _what_to_say(r, node["say"], f"{place}/say")
    media = read_texts(r, node.get("media", []), f"{place}/media", read=_media)
    menu = _menu(r, node["list"], f"{place}/list") if "list" in node else None
    location = _location(r, node["location"], f"{place}/location") if "location" in node else None
    template = _template(r, node["template"], f"{place}/template") if "template" in node else None
    shows = bool(media or "location" in node or "template" in node)
    if isinstance(text, str) and response is None and not text.strip() and not shows:
        r.error("empty-text", f"{place}/say", "a message without a word or a picture")
    if "template" in node and response is None and text == "":
        r.warning("no-text", f"{place}/say", "a channel that does not know the template says nothing",
                  "give the template's text, too")  # fmt: skip
    if "list" in node and node.get("buttons"):
        r.error("list-and-buttons", f"{place}/list", "give either 'list' or 'buttons'",
                "make the buttons rows of the list")  # fmt: skip
    return Say(
        text=text,
        response=response,
        buttons=_buttons(r, node.get("buttons", []), f"{place}/buttons"),
        media=media,
        menu=menu,
        location=location,
        template=template,
    )


def _buttons(r: Reading, nodes: Any, place: str) -> tuple[Choice, ...]:
    if not r.typed(nodes, list, place, "a list of buttons"):
        return ()
    return tuple(b for i, n in enumerate(nodes) if (b := _button(r, n, f"{place}/{i}")))


def _media(r: Reading, value: Any, place: str) -> str:
    return read_template(r, value, place) if r.text(value, place, "an address") else ""


def _what_to_say(r: Reading, value: Any, place: str) -> tuple[Text, str | None]:
    """The text, or the name of the response."""
    if not isinstance(value, dict) or "response" not in value:
        return read_words(r, value, place), None
    r.known_keys(value, ("response", "$comment"), place)
    if not r.text(value["response"], f"{place}/response", "a response's name"):
        return "", None
    return "", value["response"]


def _button(r: Reading, node: Any, place: str) -> Choice | None:
    if isinstance(node, str) and node.strip():
        return Choice(read_template(r, node, place))
    if not r.typed(node, dict, place, "a text or {title, payload}"):
        return None
    r.known_keys(node, ("title", "payload", "$comment"), place)
    if not _titled(r, node, place, "a button"):
        return None
    return Choice(read_words(r, node["title"], f"{place}/title"), _payload(r, node, place))


def _titled(r: Reading, node: Mapping[str, Any], place: str, what: str) -> bool:
    title = node.get("title")
    if isinstance(title, dict) or (isinstance(title, str) and title.strip()):
        return True
    r.error("wrong-type", place, f"{what} needs a 'title'")
    return False


def _payload(r: Reading, node: Mapping[str, Any], place: str) -> str:
    payload = node.get("payload", "")
    return payload if r.typed(payload, str, f"{place}/payload", "a text") else ""


def _menu(r: Reading, node: Any, place: str) -> Menu | None:
    if not r.typed(node, dict, place, 'a list like {"button": "Choose", "rows": ["Tea"]}'):
        return None
    r.known_keys(node, ("button", "rows", "$comment"), place)
    rows = node.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        at = f"{place}/rows" if "rows" in node else place
        r.error("wrong-list", at, f"a list has 'rows', 1 to {MOST_ROWS} of them")
        return None
    return Menu(
        rows=tuple(row for i, n in enumerate(rows) if (row := _row(r, n, f"{place}/rows/{i}"))),
        button=read_words(r, node["button"], f"{place}/button") if "button" in node else "",
    )


def _row(r: Reading, node: Any, place: str) -> Row | None:
    if isinstance(node, str) and node.strip():
        return Row(read_template(r, node, place))
    if not r.typed(node, dict, place, "a text or {title, payload, description}"):
        return None
    r.known_keys(node, ("title", "payload", "description", "$comment"), place)
    if not _titled(r, node, place, "a row"):
        return None
    return Row(
        read_words(r, node["title"], f"{place}/title"),
        _payload(r, node, place),
        read_words(r, node["description"], f"{place}/description") if "description" in node else "",
    )


def _location(r: Reading, node: Any, place: str) -> Location | None:
    if not r.typed(node, dict, place, 'a place like {"latitude": 59.9, "longitude": 10.7}'):
        return None
    r.known_keys(node, ("latitude", "longitude", "name", "address", "$comment"), place)
    coordinates = {key: node.get(key) for key in ("latitude", "longitude")}
    for key, value in coordinates.items():
        if isinstance(value, str):
            read_template(r, value, f"{place}/{key}")
            coordinates[key] = 0.0
    if is_location(coordinates) is None:
        reason = "expected 'latitude' (-90 to 90) and 'longitude' (-180 to 180) in degrees"
        r.error("wrong-location", place, f"{reason}, found {shown(node.get('latitude'))} and "
                f"{shown(node.get('longitude'))}")  # fmt: skip
        return None
    return Location(
        latitude=node["latitude"],
        longitude=node["longitude"],
        name=read_words(r, node["name"], f"{place}/name") if "name" in node else "",
        address=read_words(r, node["address"], f"{place}/address") if "address" in node else "",
    )


def _template(r: Reading, node: Any, place: str) -> Template | None:
    if not r.typed(node, dict, place, 'a template like {"name": "reminder"}'):
        return None
    r.known_keys(node, ("name", "language", "parameters", "$comment"), place)
    if not r.text(node.get("name"), f"{place}/name" if "name" in node else place, "a name"):
        return None
    language = node.get("language")
    if "language" in node and not r.text(language, f"{place}/language", "a language's code"):
        language = None
    nodes = node.get("parameters", [])
    if not r.typed(nodes, list, f"{place}/parameters", "a list of texts"):
        nodes = []
    parameters = (read_words(r, n, f"{place}/parameters/{i}") for i, n in enumerate(nodes))
    return Template(node["name"], language, tuple(parameters))
