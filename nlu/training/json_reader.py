"""Reads Rasa's JSON (0.x): `{"rasa_nlu_data": {"common_examples": [...], ...}}`."""

import bisect
import json
import json.decoder
import json.scanner
from collections.abc import Iterator
from typing import Any

from bot.engine.parse import Entity
from nlu.training.blocks import BLANK, Line, Target, intent_of
from nlu.training.examples import Example

_ROOT = "rasa_nlu_data"
_EXAMPLES = ("common_examples", "intent_examples", "entity_examples")


class Located(dict[str, Any]):
    """An object that knows on which line it begins."""

    line = 1


def read_json(text: str, target: Target) -> None:
    """Add one file's content; a file without `rasa_nlu_data` is not ours."""
    root = _parsed(text, target)
    if not isinstance(root, Located) or _ROOT not in root:
        found = f"the file holds no training data: it has no {_ROOT!r}"
        target.data.notice("files without training data", target.file, found)
        return
    content = root[_ROOT]
    if not isinstance(content, Located):
        raise target.error(root.line, f"{_ROOT!r} is not an object", '{"common_examples": [...]}')
    for key in _EXAMPLES:
        for item in _objects(content, key, target):
            _add_example(item, target)
    for item in _objects(content, "entity_synonyms", target):
        for synonym in _texts(item, "synonyms", target):
            target.add_synonym(synonym.strip(BLANK), _text(item, "value", target), item.line)
    for item in _objects(content, "regex_features", target):
        target.add_pattern(_text(item, "name", target), _text(item, "pattern", target), item.line)
    for item in _objects(content, "lookup_tables", target):
        _add_lookup(item, target)
    _add_responses(content, target)


def _add_example(item: Located, target: Target) -> None:
    text = _text(item, "text", target, blank=True)
    label = item.get("intent")
    if not text.strip(BLANK) or not isinstance(label, str) or not label.strip(BLANK):
        found = f"skipped {text[:40]!r}: it has no intent" if text.strip(BLANK) else "no text"
        target.data.notice("examples without text or intent", target.at(item.line), found)
        return
    intent, response_key = intent_of(label.strip(BLANK))
    if not intent:
        raise target.error(item.line, f"the intent {label!r} has no name", '"intent": "NAME"')
    entities = tuple(_entity(e, text, target) for e in _objects(item, "entities", target))
    ordered = tuple(sorted(entities, key=lambda e: (e.start, e.end)))
    target.data.examples.append(
        Example(text, intent, ordered, item.get("metadata"), target.file, item.line, response_key)
    )
    for e in ordered:
        if e.value != text[e.start : e.end]:
            target.add_synonym(text[e.start : e.end], str(e.value), item.line)


def _entity(item: Located, text: str, target: Target) -> Entity:
    start, end = _offset(item, "start"), _offset(item, "end")
    if not 0 <= start < end <= len(text):
        found = f"the entity spans {start} to {end} of a text of {len(text)} characters"
        raise target.error(item.line, found, '"start" and "end" inside the text, in code points')
    role, group, value = item.get("role"), item.get("group"), item.get("value")
    return Entity(
        entity=_text(item, "entity", target),
        value=text[start:end] if value is None else value,
        start=start,
        end=end,
        role=None if role is None else str(role),
        group=None if group is None else str(group),
    )


def _offset(item: Located, key: str) -> int:
    """An offset as written; -1, which is none, where it is no whole number."""
    offset = item.get(key)
    return offset if isinstance(offset, int) and not isinstance(offset, bool) else -1


def _add_lookup(item: Located, target: Target) -> None:
    name = _text(item, "name", target)
    if isinstance(item.get("elements"), str):
        target.add_lookup_file(name, Line(item["elements"], item.line))
        return
    words = [word.strip(BLANK) for word in _texts(item, "elements", target)]
    target.data.lookups.setdefault(name, []).extend(word for word in words if word)


def _add_responses(content: Located, target: Target) -> None:
    responses = content.get("responses")
    if not isinstance(responses, Located):
        return
    for name, variations in responses.items():
        full = name if name.startswith("utter_") else f"utter_{name}"
        known = (
            [v for v in variations if isinstance(v, dict)] if isinstance(variations, list) else []
        )
        target.add_responses(full, [dict(v) for v in known], responses.line)


def _objects(holder: Located, key: str, target: Target) -> Iterator[Located]:
    items = holder.get(key)
    if items is None:
        return
    if not isinstance(items, list) or not all(isinstance(item, Located) for item in items):
        raise target.error(holder.line, f"{key!r} is not a list of objects", f'"{key}": [{{...}}]')
    yield from items


def _texts(holder: Located, key: str, target: Target) -> list[str]:
    texts = holder.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise target.error(holder.line, f"{key!r} is not a list of texts", f'"{key}": ["..."]')
    return texts


def _text(holder: Located, key: str, target: Target, blank: bool = False) -> str:
    text = holder.get(key)
    if not isinstance(text, str) or not (blank or text.strip(BLANK)):
        raise target.error(holder.line, f"{key!r} is missing or not a text", f'"{key}": "..."')
    return text if blank else text.strip(BLANK)


def _parsed(text: str, target: Target) -> Any:
    """The document, each object with its line."""
    try:
        return _LocatingDecoder(text, target).decode(text)
    except json.JSONDecodeError as error:
        found = f"the JSON is broken: {error.msg}"
        raise target.error(error.lineno, found, "valid JSON") from error
    except RecursionError as error:
        raise target.error(1, "the JSON is nested too deep", "Rasa's JSON") from error
    except ValueError as error:
        raise target.error(1, f"the JSON is broken: {error}", "valid JSON") from error


class _LocatingDecoder(json.JSONDecoder):
    """The library's decoder in its Python form, whose parts may be replaced one by one."""

    def __init__(self, text: str, target: Target) -> None:
        super().__init__(strict=False, object_pairs_hook=list)
        self._target = target
        self._breaks = [i for i, character in enumerate(text) if character == "\n"]
        self.parse_object = self._located
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    def _located(self, state: tuple[str, int], *options: Any) -> tuple[Located, int]:
        start = state[1]
        pairs, end = json.decoder.JSONObject(state, *options)  # type: ignore[attr-defined]
        found = Located()
        found.line = bisect.bisect_left(self._breaks, start) + 1
        for key, value in pairs:
            if key in found:
                error = f"{key[:60]!r} is given twice in an object"
                raise self._target.error(found.line, error, "each key once")
            found[key] = value
        return found, end
