"""The endpoints as an OpenAPI 3.1 document, made of the models that read and write them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.web.api.endpoint import BODY, HEADERS, Endpoint
from bot.web.api.models import ProblemAnswer
from bot.web.problems import CONTENT_TYPE, title

Json = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"


def document(endpoints: Sequence[Endpoint[Any]], prefix: str) -> Json:
    """The whole document."""
    schemas = _Schemas.of(endpoints)
    paths: dict[str, Json] = {}
    for it in endpoints:
        paths.setdefault(prefix + it.path, {})[it.method.lower()] = _operation(it, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": "1",
            "description": "Conversations, and the contacts, messages and flows behind them.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.published(it.asked for it in endpoints),
            "responses": {
                "Problem": _answer("An error", schemas.answer(ProblemAnswer), CONTENT_TYPE)
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


@dataclass(frozen=True, slots=True)
class _Schemas:
    """The JSON Schemas of all models, and under which reference each is found."""

    references: Mapping[tuple[Any, JsonSchemaMode], Json]
    definitions: dict[str, Json]

    @classmethod
    def of(cls, endpoints: Iterable[Endpoint[Any]]) -> "_Schemas":
        models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
        for it in endpoints:
            models[it.asked, "validation"] = models[it.answer, "serialization"] = None
        models[ProblemAnswer, "serialization"] = None
        references, schema = models_json_schema(list(models), ref_template=REFERENCE)
        return cls(references, schema["$defs"])

    def answer(self, model: type[BaseModel]) -> Json:
        """The reference of a model that is answered."""
        return self.references[model, "serialization"]

    def asked(self, model: type[BaseModel]) -> Json:
        """The whole schema of a model that is asked."""
        return self.definitions[self._name(model)]

    def published(self, asked: Iterable[type[BaseModel]]) -> dict[str, Json]:
        """All but those that the parameters have taken apart."""
        apart = {self._name(model) for model in asked}
        return {name: it for name, it in self.definitions.items() if name not in apart}

    def _name(self, model: type[BaseModel]) -> str:
        reference: str = self.references[model, "validation"]["$ref"]
        return reference.rpartition("/")[2]


def _operation(it: Endpoint[Any], schemas: _Schemas) -> Json:
    asked = schemas.asked(it.asked)
    summary, _, description = (it.handle.__doc__ or "").strip().partition("\n")
    operation: Json = {
        "operationId": it.name,
        "tags": [it.path.split("/")[1]],
        "summary": summary.rstrip("."),
        "description": f"{description.strip()}\n\nScope: `{it.scope}`".strip(),
        "security": [{"bearer": []}, {"token": []}],
        "parameters": [
            *(_parameter(name, "path", asked) for name in it.path_fields),
            *(_parameter(name, "query", asked) for name in it.query_fields),
            *(
                {**_parameter(name, "header", asked), "name": HEADERS[name]}
                for name in it.header_fields
            ),
        ],
        "responses": _responses(it, schemas),
    }
    if BODY in it.asked.model_fields:
        body = {"application/json": {"schema": asked["properties"][BODY]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _parameter(name: str, place: str, asked: Json) -> Json:
    schema = _without_null(asked["properties"][name])
    described = {"description": schema.pop("description")} if "description" in schema else {}
    required = place == "path" or name in asked.get("required", ())
    return {"name": name, "in": place, "required": required, **described, "schema": schema}


def _without_null(schema: Json) -> Json:
    """A query has no null: what may be missing is simply left out."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "anyOf")}
    if kept.get("default", 0) is None:
        del kept["default"]
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) > 1:
        return {**kept, "anyOf": others}
    return {**kept, **others[0]} if others else kept


def _responses(it: Endpoint[Any], schemas: _Schemas) -> Json:
    statuses = [400, 401, 403, 500, 503]
    if it.path_fields:
        statuses.append(404)
    if it.method == "DELETE":
        statuses.append(409)
    if BODY in it.asked.model_fields:
        statuses += [409, 413, 415]
    if it.header_fields:
        statuses.append(422)
    done = _answer(title(it.status), schemas.answer(it.answer), it.answer.content_type)
    problem = {"$ref": "#/components/responses/Problem"}
    return {str(it.status): done, **{str(status): problem for status in sorted(statuses)}}


def _answer(description: str, schema: Json, content_type: str) -> Json:
    return {"description": description, "content": {content_type: {"schema": schema}}}
