"""A message's files over the API."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from bot.clients.media_files import MediaFiles
from bot.services.media import media_key
from bot.store.memory import MemoryStore
from bot.web.access import Tokens
from bot.web.api import ApiContext, api_blueprint
from tests.services.world import World
from tests.web.conftest import ADMIN, BEARER, Book, served


async def once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


@pytest.mark.parametrize("told", ["image/png", "text/html; charset=utf-8"])
async def test_a_file_is_served_as_a_download_with_its_type(tmp_path: Path, told: str) -> None:
    world = await World().open()
    message_id = await world.arrives("look")
    files, content = MediaFiles(tmp_path), bytes(range(256)) * 1000
    await files.keep(media_key(message_id, 0), told, once(content))
    context = ApiContext(world.store, dict, Tokens(ADMIN, Book()), files)
    async with (
        served(api_blueprint(context), tokens=context.tokens) as url,
        aiohttp.ClientSession() as client,
    ):
        at = f"{url}/api/v1/media/{message_id}"
        async with client.get(f"{at}/0", headers=BEARER) as answer:
            assert (answer.status, await answer.read()) == (200, content)
            assert answer.content_type == told.partition(";")[0]
            assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        for path, token, status in (
            ("/0", None, 401), ("/0", "contacts:read", 403), ("/0", "messages:read", 200),
            ("/1", ADMIN, 404), ("/x", ADMIN, 404),
        ):  # fmt: skip
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with client.get(at + path, headers=headers) as answer:
                assert answer.status == status
        async with client.get(f"{url}/api/v1/media/nobody/0", headers=BEARER) as answer:
            assert answer.status == 404


async def test_without_a_place_for_files_there_are_none() -> None:
    context = ApiContext(MemoryStore(), dict, Tokens(ADMIN))
    async with (
        served(api_blueprint(context)) as url,
        aiohttp.ClientSession(headers=BEARER) as client,
        client.get(f"{url}/api/v1/media/{'0' * 32}/0") as answer,
    ):
        assert answer.status == 404
