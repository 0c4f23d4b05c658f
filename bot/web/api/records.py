"""The data store: what flows keep beyond their sessions, in collections."""

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints, ValidationError
from sanic import HTTPResponse, Request

from bot.domain.data_records import LONGEST_COLLECTION, DataRecord
from bot.engine.findings import nearest
from bot.services.records import exported
from bot.web.access import require
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import TOKEN, endpoint, refused
from bot.web.api.models import Answer, Asked, ById, Json, Listing, Word, page_from, time_of
from bot.web.problems import Problem

READ, WRITE = "records:read", "records:write"
Collection = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_COLLECTION, pattern=r"^[A-Za-z0-9_-]+$"),
]


class RecordListing(Listing):
    """One page of records; those of a collection or contact, the one with a key."""

    collection: Collection | None = None
    contact_id: Word | None = None
    key: Word | None = None


class RecordAnswer(Answer):
    """What a flow stored. `at` is when it was stored last, `key` what makes it the only one."""

    id: str
    collection: str
    key: str | None
    at: datetime
    values: Json
    contact_id: str | None
    session_id: str | None
    flow: str | None


class RecordPage(Answer):
    """Records, the latest made first."""

    items: list[RecordAnswer]
    next_cursor: str | None


class AllCollections(Asked):
    """Nothing: there are never so many."""


class CollectionAnswer(Answer):
    """A collection, and how many records it has."""

    name: str
    count: int


class CollectionList(Answer):
    """All collections, by name."""

    items: list[CollectionAnswer]


class ExportAsked(Asked):
    """A collection as a file: `jsonl` has a JSON object on each line, `csv` is a table."""

    name: Collection
    format: Literal["csv", "jsonl"] = "jsonl"


@endpoint("GET", "/records", scope=READ, asked=RecordListing, answer=RecordPage)
async def list_records(context: ApiContext, asked: RecordListing) -> RecordPage:
    """List what flows have stored, the latest made first."""
    listing = context.store.list_data_records(
        asked.limit,
        asked.cursor,
        collection=asked.collection,
        contact_id=asked.contact_id,
        key=asked.key,
    )
    page = await page_from(listing, asked.cursor)
    return RecordPage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


@endpoint("GET", "/records/{id}", scope=READ, asked=ById, answer=RecordAnswer)
async def get_record(context: ApiContext, asked: ById) -> RecordAnswer:
    """Get a record."""
    return _shown(await _record(context, asked.id))


@endpoint("DELETE", "/records/{id}", scope=WRITE, asked=ById, answer=RecordAnswer)
async def delete_record(context: ApiContext, asked: ById) -> RecordAnswer:
    """Delete a record; answers what it was."""
    record = await _record(context, asked.id)
    if not await context.store.delete_data_record(record.id):
        raise _unknown()
    return _shown(record)


@endpoint("GET", "/collections", scope=READ, asked=AllCollections, answer=CollectionList)
async def list_collections(context: ApiContext, asked: AllCollections) -> CollectionList:
    """List the collections, with the number of their records."""
    counted = await context.store.collections()
    return CollectionList(
        items=[CollectionAnswer(name=name, count=count) for name, count in counted.items()]
    )


async def _record(context: ApiContext, record_id: str) -> DataRecord:
    record = await context.store.data_record(record_id)
    if record is None:
        raise _unknown()
    return record


def _unknown() -> Problem:
    return Problem(404, "There is no record with this id")


def _shown(it: DataRecord) -> RecordAnswer:
    return RecordAnswer(
        id=it.id,
        collection=it.collection,
        key=it.key,
        at=time_of(it.at),
        values=dict(it.values),
        contact_id=it.contact_id or None,
        session_id=it.session_id or None,
        flow=it.flow or None,
    )


ENDPOINTS = (list_records, get_record, delete_record, list_collections)

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
EXPORT_PATH = "/collections/<name:str>/export"
EXPORT_DOCUMENTED_PATH = "/collections/{name}/export"
EXPORT_OPERATION = {
    "operationId": "export_collection",
    "tags": ["collections"],
    "summary": "Export a collection as a file, the latest record first",
    "description": f"Scope: `{READ}`",
    "security": [{"bearer": []}, {"token": []}],
    "parameters": [
        {
            "name": "name",
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST_COLLECTION,
                "pattern": "^[A-Za-z0-9_-]+$",
            },
        },
        {
            "name": "format",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "enum": ["csv", "jsonl"], "default": "jsonl"},
        },
    ],
    "responses": {
        "200": {
            "description": "The records",
            "content": {"text/csv": {"schema": {}}, "application/x-ndjson": {"schema": {}}},
        },
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
"""In the document by hand: a stream is no JSON, so no model describes it."""


async def export_collection(
    context: ApiContext, request: Request, name: str
) -> HTTPResponse | None:
    """Export a collection, piece by piece."""
    await require(request, context.tokens, READ)
    asked = _export_asked(request, name)
    if not (await context.store.list_data_records(1, collection=asked.name)).items:
        near = nearest(asked.name, await context.store.collections())
        raise Problem(404, f"There is no collection {asked.name!r}; {near}".rstrip("; "))
    response = await request.respond(
        content_type=CONTENT_TYPES[asked.format],
        headers={
            "Content-Disposition": f'attachment; filename="{asked.name}.{asked.format}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
    async for piece in exported(context.store, asked.name, asked.format):
        await response.send(piece)
    await response.eof()
    return None


def _export_asked(request: Request, name: str) -> ExportAsked:
    query = request.get_query_args(keep_blank_values=True)
    given = {"name": name, **{key: value for key, value in query if key not in (TOKEN, "name")}}
    try:
        return ExportAsked.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        raise refused(error) from error
