"""One decorator for a route: it reads the request by a model, asks for a scope, and documents."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sanic import HTTPResponse, Request
from sanic.response import raw

from bot.engine.findings import nearest
from bot.web.access import require
from bot.web.api.context import ApiContext
from bot.web.api.models import Answer, Asked
from bot.web.problems import FieldError, Problem
from connectors.answers import read_json

A = TypeVar("A", bound=Asked)
TOKEN = "token"  # noqa: S105 - the name of Rasa's query parameter, taken on every route
BODY = "body"
HEADERS = {"idempotency_key": "Idempotency-Key"}
"""The fields of models that are read from a header, and which."""


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[A]):
    """A route: what it takes (`asked`), what it gives (`answer`), and the function between."""

    method: str
    path: str
    scope: str
    asked: type[A]
    answer: type[Answer]
    status: int
    handle: Callable[[ApiContext, A], Awaitable[Answer]]

    @property
    def name(self) -> str:
        """The function's name, which is the operation's id."""
        return self.handle.__name__

    @property
    def path_fields(self) -> list[str]:
        """The fields of the model that the path names."""
        return [name for name in self.asked.model_fields if f"{{{name}}}" in self.path]

    @property
    def query_fields(self) -> list[str]:
        """The fields of the model that are query parameters."""
        elsewhere = {BODY, *self.path_fields, *HEADERS}
        return [name for name in self.asked.model_fields if name not in elsewhere]

    @property
    def header_fields(self) -> list[str]:
        """The fields of the model that are headers."""
        return [name for name in self.asked.model_fields if name in HEADERS]

    async def respond(self, context: ApiContext, request: Request, **path: str) -> HTTPResponse:
        """Answers a request; raises a Problem that says what is wrong with it."""
        await require(request, context.tokens, self.scope)
        answer = await self.handle(context, self._read(request, path))
        headers = {
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers,
        }  # fmt: skip
        return raw(
            answer.written(), status=self.status, headers=headers, content_type=answer.content_type
        )

    def _read(self, request: Request, path: Mapping[str, str]) -> A:
        headers = {name: request.headers.get(HEADERS[name]) for name in self.header_fields}
        sent = {name: value for name, value in headers.items() if value is not None}
        given: dict[str, Any] = {**self._query(request), **sent, **path}
        if BODY in self.asked.model_fields:
            given[BODY] = json_body(request)
        try:
            # As JSON, so that strict models take what JSON has no type for, such as times.
            return self.asked.model_validate_json(json.dumps(given), strict=True)
        except ValidationError as error:
            raise refused(error) from error

    def _query(self, request: Request) -> dict[str, str]:
        known = self.query_fields
        read: dict[str, str] = {}
        errors: list[FieldError] = []
        for name, value in request.get_query_args(keep_blank_values=True):
            if name == TOKEN:
                continue
            if name not in known:
                errors.append(
                    FieldError(name, f"unknown parameter; {nearest(name, known)}".rstrip("; "))
                )
            elif name in read:
                errors.append(FieldError(name, "is given more than once"))
            read[name] = value
        if errors:
            raise wrong_fields(errors)
        return read


def endpoint(
    method: str, path: str, *, scope: str, asked: type[A], answer: type[Answer], status: int = 200
) -> Callable[[Callable[[ApiContext, A], Awaitable[Answer]]], Endpoint[A]]:
    """Makes a function the endpoint of `method` and `path`; its docstring documents it."""

    def made(handle: Callable[[ApiContext, A], Awaitable[Answer]]) -> Endpoint[A]:
        return Endpoint(method, path, scope, asked, answer, status, handle)

    return made


def json_body(request: Request) -> Any:
    """The request's JSON body; a Problem where it is none."""
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "The body must be JSON: send `Content-Type: application/json`")
    try:
        return read_json(request.body)
    except ValueError as error:
        raise Problem(
            400, f"The body is not JSON: {error}", [FieldError(BODY, "is not JSON")]
        ) from error


def refused(error: ValidationError) -> Problem:
    """400 with every field that a model refused."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return wrong_fields([FieldError(_field(one["loc"]), one["msg"]) for one in found])


def wrong_fields(errors: list[FieldError]) -> Problem:
    """400; the first field is named in the text too."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(400, f"{first.field}: {first.detail}{more}", errors)


def _field(place: tuple[int | str, ...]) -> str:
    inside = place[1:] if len(place) > 1 and place[0] == BODY else place
    return ".".join(map(str, inside)) or BODY
