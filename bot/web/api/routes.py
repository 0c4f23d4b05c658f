"""All endpoints of the REST API, and the blueprint that serves them with their document."""

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from itertools import chain
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_answer

from bot.web.api import (
    contacts,
    conversations,
    events,
    flows,
    media,
    messages,
    pictures,
    records,
    reviews,
    sessions,
    starts,
    versions,
)
from bot.web.api import globals as shared_values
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import Endpoint
from bot.web.api.openapi import document

PREFIX = "/api/v1"

ENDPOINTS: tuple[Endpoint[Any], ...] = tuple(
    chain.from_iterable(
        feature.ENDPOINTS
        for feature in (
            contacts,
            conversations,
            messages,
            sessions,
            events,
            flows,
            pictures,
            versions,
            shared_values,
            reviews,
            records,
            starts,
        )
    )
)


def api_blueprint(context: ApiContext, endpoints: Iterable[Endpoint[Any]] = ENDPOINTS) -> Blueprint:
    """Everything below /api/v1."""
    served = tuple(endpoints)
    described = document(served, PREFIX)
    described["paths"][PREFIX + media.DOCUMENTED_PATH] = {"get": media.OPERATION}
    described["paths"][PREFIX + records.EXPORT_DOCUMENTED_PATH] = {"get": records.EXPORT_OPERATION}

    async def openapi(_: Request) -> HTTPResponse:
        return json_answer(described)

    blueprint = Blueprint("api", url_prefix=PREFIX)
    blueprint.add_route(openapi, "/openapi.json", methods=["GET"], name="openapi")
    for it in served:
        path = it.path.replace("{", "<").replace("}", ":str>")
        handler: Callable[..., Coroutine[Any, Any, HTTPResponse]] = partial(it.respond, context)
        blueprint.add_route(handler, path, methods=[it.method], name=it.name, unquote=True)
    # A file is no JSON, so it is not one of the endpoints above.
    get_media = partial(media.get_media, context)
    blueprint.add_route(get_media, media.PATH, methods=["GET"], name="get_media", unquote=True)
    export = partial(records.export_collection, context)
    blueprint.add_route(
        export, records.EXPORT_PATH, methods=["GET"], name="export_collection", unquote=True
    )
    return blueprint
