"""JSON in and out of the channels that speak JSON: bodies read strictly, problems told."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from sanic import HTTPResponse
from sanic.response import json as json_answer

from connectors.text import clean_json

M = TypeVar("M", bound=BaseModel)


class Refused(Exception):
    """The request's body is not what the channel takes; `errors` are pairs of field and detail."""

    def __init__(self, detail: str, errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.errors = [{"field": field, "detail": text} for field, text in errors]


def read_json(body: bytes | str) -> Any:
    """The JSON value, without what no JSON column takes; raises ValueError."""
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        return clean_json(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_model(model: type[M], body: bytes) -> M:
    """The body as the model describes it; raises Refused naming the fields."""
    try:
        value = read_json(body)
    except ValueError as error:
        raise Refused(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("The body must be a JSON object")
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        raise Refused(
            "Some fields are missing or wrong",
            [(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)],
        ) from error


def refusal(error: Refused) -> HTTPResponse:
    """400, saying what is wrong with which field."""
    return problem(400, "Bad Request", str(error), errors=error.errors)


def not_stored() -> HTTPResponse:
    """503: nothing was kept, so the caller should try again."""
    return problem(503, "Service Unavailable", "The message could not be stored; try again")


def problem(status: int, title: str, detail: str, **extra: Any) -> HTTPResponse:
    """An error in the shape of RFC 9457."""
    return json_answer(
        {"title": title, "status": status, "detail": detail, **extra},
        status=status,
        content_type="application/problem+json",
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits} is too large")
    return number
