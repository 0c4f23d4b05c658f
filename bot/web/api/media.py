"""The files that came with messages, as they were sent."""

from sanic import HTTPResponse, Request

from bot.services.media import media_key
from bot.web.access import require
from bot.web.api.context import ApiContext
from bot.web.problems import Problem

PATH = "/media/<message_id:str>/<index:int>"
SCOPE = "messages:read"
DOCUMENTED_PATH = "/media/{message_id}/{index}"
OPERATION = {
    "operationId": "get_media",
    "tags": ["media"],
    "summary": "A file that came with a message, as it was sent",
    "description": f"Scope: `{SCOPE}`",
    "security": [{"bearer": []}, {"token": []}],
    "parameters": [
        {"name": "message_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {
            "name": "index",
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        },
    ],
    "responses": {
        "200": {"description": "The file", "content": {"*/*": {"schema": {}}}},
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
"""In the document by hand: a file is no JSON, so no model describes it."""


async def get_media(
    context: ApiContext, request: Request, message_id: str, index: int
) -> HTTPResponse | None:
    """Get a file of a message. It is never shown by a browser as a page of ours."""
    await require(request, context.tokens, SCOPE)
    missing = Problem(404, "There is no such file; the log tells whether it is still to come")
    if context.media is None or await context.store.message(message_id) is None:
        raise missing
    try:
        content_type, chunks = await context.media.open(media_key(message_id, index))
    except KeyError:
        raise missing from None
    response = await request.respond(
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{message_id}-{index}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
    async for chunk in chunks:
        await response.send(chunk)
    await response.eof()
    return None
