"""From a server's answer to the slots of a call."""

import json
import math
from collections.abc import Mapping
from typing import Any

from bot.engine.api_paths import PathFailed
from bot.engine.apis import Api, ApiResult, Saved

LARGEST_SLOTS = 100_000
"""Characters of JSON in all the values that one call saves: they are kept with the session."""
DEEPEST_SLOTS = 100
"""Lists and objects within each other in one saved value: what is deeper, not every part can read."""


class NotJson(ValueError):
    """An answer that is no JSON, or none that can be kept."""


def answered(api: Api, status: int, content: bytes) -> ApiResult:
    """What an answer with this status and body comes to. Never raises."""
    if not api.expects(status):
        return ApiResult(failed="auth" if status == 401 else "status")
    if not api.save:
        return ApiResult()
    try:
        return mapped(api, None if status == 204 and not content else decoded(content))
    except NotJson as error:
        return ApiResult(failed="not_json", shown={"reason": str(error)})


def mapped(api: Api, document: Any) -> ApiResult:
    """The slots that the mapping takes from a parsed answer. Never raises."""
    try:
        slots = {name: _value(saved, document) for name, saved in api.save.items()}
    except PathFailed as error:
        return ApiResult(failed="mapping", shown={"reason": str(error)})
    if _is_deep(slots):
        return ApiResult(failed="mapping", shown={"reason": "nested too deeply to be saved"})
    if len(json.dumps(slots, default=str)) > LARGEST_SLOTS:
        reason = f"more than {LARGEST_SLOTS} characters to save"
        return ApiResult(failed="too_large", shown={"reason": reason})
    return ApiResult(slots)


def sampled(api: Api) -> ApiResult:
    """What the sample comes to, for a conversation without a network; all defaults without one."""
    return mapped(api, api.sample)


def decoded(content: bytes) -> Any:
    """The JSON value of a body; raises NotJson."""
    try:
        return json.loads(content, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        kind = "an HTML page" if content.lstrip()[:1] == b"<" else "no JSON"
        said = "nested too deeply" if isinstance(error, RecursionError) else kind
        raise NotJson(said) from None


def _value(saved: Saved, document: Any) -> Any:
    found = saved.path.find(document)
    if not found:
        return saved.default
    return found if len(found) > 1 or saved.always_list else found[0]


def _is_deep(slots: Mapping[str, Any]) -> bool:
    level = list(slots.values())
    for _ in range(DEEPEST_SLOTS):
        level = [
            below
            for value in level
            if isinstance(value, dict | list)
            for below in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
