"""Files that came with messages: fetched behind the turn, once, and after a crash too."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.clients.media_files import UNKNOWN_TYPE, MediaFiles
from bot.services.media import LEASE_SECONDS, LOOK_BACK, RETRY_SECONDS, Media, media_key
from tests.services.world import World

CAT = {"url": "https://x/cat", "content_type": "image/jpeg"}
DOG = {"url": "https://x/dog", "content_type": ""}


@dataclass
class Source:
    """Holds files by url, or why they cannot be had."""

    files: dict[str, bytes | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closed: int = 0

    async def fetch(self, url: str) -> tuple[str, AsyncGenerator[bytes, None]]:
        self.asked.append(url)
        found = self.files[url]
        if isinstance(found, Exception):
            raise found
        return "image/png", self._chunks(found)

    async def _chunks(self, content: bytes) -> AsyncGenerator[bytes, None]:
        try:
            for start in range(0, len(content), 4):
                yield content[start : start + 4]
        finally:
            self.closed += 1


async def opened(folder: Path) -> tuple[World, Source, Media]:
    world = await World().open()
    source = Source({"https://x/cat": b"a cat's picture", "https://x/dog": b"a dog"})
    return world, source, made(world, source, folder)


def made(world: World, source: Source, folder: Path, owner: str = "one") -> Media:
    return Media(
        world.store, MediaFiles(folder, 1000), {"twilio": source}, world.ids, world.clock, owner
    )


async def content(media: Media, key: str) -> tuple[str, bytes]:
    content_type, chunks = await media.files.open(key)
    return content_type, b"".join([chunk async for chunk in chunks])


async def test_files_are_kept_under_message_and_index(tmp_path: Path) -> None:
    world, source, media = await opened(tmp_path)
    await world.says("look", media=[CAT, DOG])
    (message,) = (await world.store.list_messages(9, direction="in")).items
    assert await media.once() == 2
    assert await content(media, media_key(message.id, 0)) == ("image/png", b"a cat's picture")
    assert await content(media, media_key(message.id, 1)) == ("image/png", b"a dog")
    first, second = sorted(await world.events("media_kept"), key=lambda it: it.data["index"])
    assert first.data == {
        "message_id": message.id, "index": 0, "reference": media_key(message.id, 0),
        "content_type": "image/png", "bytes": 15,
    }  # fmt: skip
    assert (second.data["index"], second.contact_id) == (1, message.contact_id)
    assert source.closed == 2
    world.clock.at += 10
    assert await media.once() == 0
    assert len(source.asked) == 2


async def test_what_a_crash_left_is_fetched_by_the_next_process(tmp_path: Path) -> None:
    world, source, media = await opened(tmp_path)
    source.files["https://x/dog"] = LookupError("later")
    await world.says("look", media=[CAT, DOG])
    await media.once()
    source.files["https://x/dog"] = b"a dog"
    world.clock.at += LEASE_SECONDS + 1
    later = made(world, source, tmp_path, "two")
    assert await later.once() == 1
    assert source.asked.count("https://x/cat") == 1
    assert len(await world.events("media_kept")) == 2


async def test_one_process_at_a_time(tmp_path: Path) -> None:
    world, source, media = await opened(tmp_path)
    await media.once()
    await world.says("look", media=[CAT])
    assert await made(world, source, tmp_path, "two").once() == 0
    assert await media.once() == 1


async def test_a_message_without_files_costs_nothing(tmp_path: Path) -> None:
    world, _, media = await opened(tmp_path)
    await world.says("hello")
    assert await media.once() == 0
    assert await world.events("media_received") == []


async def test_what_is_not_there_yet_is_asked_for_again_for_a_day(tmp_path: Path) -> None:
    world, source, media = await opened(tmp_path)
    source.files["https://x/cat"] = LookupError("not yet")
    await world.says("look", media=[CAT])
    for pause in RETRY_SECONDS:
        await media.once()
        world.clock.at += pause - 1
        assert await media.once() == 0
        world.clock.at += 1
    assert len(source.asked) == len(RETRY_SECONDS)
    world.clock.at += LOOK_BACK
    await media.once()
    (failed,) = await world.events("media_failed")
    assert failed.data["reason"] == "not yet"
    assert await media.once() == 0


@pytest.mark.parametrize("found", [ValueError("refused"), b"x" * 1001], ids=["refused", "large"])
async def test_what_must_not_be_fetched_is_given_up_at_once(
    tmp_path: Path, found: bytes | Exception
) -> None:
    world, source, media = await opened(tmp_path)
    source.files["https://x/cat"] = found
    await world.says("look", media=[CAT])
    await media.once()
    (failed,) = await world.events("media_failed")
    assert failed.data["reason"] in ("refused", "larger than 1,000 bytes")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert source.closed == (1 if isinstance(found, bytes) else 0)


async def test_the_sweep_looks_in_the_background(tmp_path: Path) -> None:
    world, _, media = await opened(tmp_path)
    world.sweep.media = media
    await world.says("look", media=[CAT])
    await world.passes(3)
    assert media._task is not None
    await media._task
    assert len(await world.events("media_kept")) == 1
    await media.close()


@pytest.mark.parametrize("key", ["../../etc/passwd", "a.0", "0" * 32, f"{'0' * 32}.x", ""])
async def test_only_names_of_ours_name_a_file(tmp_path: Path, key: str) -> None:
    files = MediaFiles(tmp_path)
    with pytest.raises(KeyError):
        await files.open(key)
    with pytest.raises(ValueError, match="names no file"):
        await files.keep(key, "text/plain", Source()._chunks(b"x"))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("image/jpeg", "image/jpeg"),
        ("Text/HTML; charset=utf-8", "text/html"),
        ("", UNKNOWN_TYPE),
        ("a/b\r\nSet-Cookie: c=d", UNKNOWN_TYPE),
    ],
)
async def test_the_content_type_is_kept_as_one_word(tmp_path: Path, told: str, kept: str) -> None:
    files = MediaFiles(tmp_path)
    key = media_key("0" * 32, 0)
    await files.keep(key, told, Source()._chunks(b"12345"))
    content_type, chunks = await files.open(key)
    assert (content_type, [chunk async for chunk in chunks]) == (kept, [b"12345"])
