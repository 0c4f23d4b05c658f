"""Errors as problem+json (RFC 9457): what is wrong with which field, and never a traceback."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import (
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    SanicException,
    ServiceUnavailable,
)
from sanic.response import json as json_answer

from bot.domain.records import StoreUnavailable

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 2
"""After a 503: the database is seldom away for less."""
LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(Exception):
    """Ends the request with an error that tells the caller what to change."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, tuple(errors)
        self.headers = dict(headers or {})


Shape = Callable[[Problem], Any]
"""How a route writes its errors as JSON; a route may name its own as `ctx_errors`."""


def field_problem(field: str, detail: str) -> Problem:
    """400, for one field."""
    return Problem(400, f"{field}: {detail}", [FieldError(field, detail)])


def title(status: int) -> str:
    """The standard phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def problem_json(problem: Problem) -> dict[str, Any]:
    """The members of RFC 9457, and what is wrong by field."""
    return {
        "type": "about:blank",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
        "errors": [{"field": e.field, "detail": e.detail} for e in problem.errors],
    }


def problem_response(problem: Problem) -> HTTPResponse:
    """The problem as an answer."""
    return json_answer(
        problem_json(problem),
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def answer_errors(app: Sanic[Any, Any]) -> None:
    """Lets every error of the app be answered as a problem, in the shape that its route names."""
    app.error_handler.add(Exception, answer_error)


def answer_error(request: Request, error: Exception) -> HTTPResponse:
    """The answer to whatever a request ended with."""
    problem = as_problem(request, error)
    shape: Shape | None = getattr(request.route.ctx, "errors", None) if request.route else None
    if shape is None:
        return problem_response(problem)
    return json_answer(shape(problem), status=problem.status, headers=problem.headers)


def as_problem(request: Request, error: Exception) -> Problem:
    """What the caller is told; what is our own fault is logged and told in general words."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        log.warning("store_unavailable", path=request.path, reason=str(error))
        return unavailable("The database does not answer; try again")
    if isinstance(error, ServiceUnavailable):
        return unavailable("The answer took too long; try again")
    if isinstance(error, SanicException) and error.status_code < 500:
        return _of_sanic(request, error)
    log.error("request_failed", path=request.path, method=request.method, exc_info=error)
    return Problem(500, "Something went wrong on our side; it has been logged")


def unavailable(detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    """503: nothing is wrong with the request, and it may be repeated."""
    return Problem(503, detail, errors, headers={"Retry-After": str(RETRY_SECONDS)})


def _of_sanic(request: Request, error: SanicException) -> Problem:
    headers = {str(name): str(value) for name, value in dict(error.headers or {}).items()}
    match error:
        case MethodNotAllowed():
            allowed = sorted(headers.get("Allow", "").split(", "))
            detail = f"{request.method} is not allowed here; allowed: {', '.join(allowed)}"
            headers = {"Allow": ", ".join(allowed)}
        case NotFound():
            detail = str(error) if request.route else f"There is nothing at {request.path}"
        case PayloadTooLarge():
            detail = "The request is too large"
        case _:
            detail = str(error) or title(error.status_code)
    return Problem(error.status_code, detail[:LONGEST_DETAIL], headers=headers)
