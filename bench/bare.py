"""The yardstick: a Sanic endpoint that reads a form and answers, with nothing behind it."""

import asyncio
import sys
from typing import Any

import uvloop
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text

app = Sanic("bare", configure_logging=False)
app.config.ACCESS_LOG = False


@app.post("/webhooks/twilio/webhook")
async def answer(request: Request) -> HTTPResponse:
    request.get_form(keep_blank_values=True)
    return text("<Response></Response>", content_type="text/xml")


async def main(port: int) -> None:
    server: Any = await app.create_server(
        host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False
    )
    assert server is not None
    await server.startup()
    await server.start_serving()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
