"""Files that came with messages, below a folder: one each, with its content type beside it."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

LARGEST_FILE = 20_000_000
"""Bytes; channels let through less (MMS 5 MB, WhatsApp 16 MB)."""
CHUNK = 65_536
UNKNOWN_TYPE = "application/octet-stream"

_REFERENCE = re.compile(r"[0-9a-zA-Z_-]{8,64}\.[0-9]{1,3}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


class MediaFiles:
    """Keeps files under `message id.index`; whoever reads one sees it whole or not at all."""

    def __init__(self, folder: Path, largest: int = LARGEST_FILE) -> None:
        self._folder, self._largest = folder, largest

    async def keep(self, key: str, content_type: str, chunks: AsyncIterator[bytes]) -> str:
        """Stores the content; ValueError where it is too large, OSError where the disk is at fault."""
        path = self._path(key)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        size = 0
        file = await asyncio.to_thread(unfinished.open, "xb")
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._largest:
                    raise ValueError(f"larger than {self._largest:,} bytes")
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_finish, file, _type_of(path), _plain_type(content_type))
            os.replace(unfinished, path)
        finally:
            file.close()
            unfinished.unlink(missing_ok=True)
        return key

    async def open(self, reference: str) -> tuple[str, AsyncIterator[bytes]]:
        """(content type, chunks); KeyError for what is not kept."""
        try:
            path = self._path(reference)
            content_type = await asyncio.to_thread(_type_of(path).read_text)
            file = await asyncio.to_thread(path.open, "rb")
        except (OSError, ValueError) as error:
            raise KeyError(reference) from error

        async def read() -> AsyncIterator[bytes]:
            with file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk

        return _plain_type(content_type), read()

    def _path(self, key: str) -> Path:
        if not _REFERENCE.fullmatch(key):
            raise ValueError(f"{key!r:.80} names no file")
        # Ids begin with their time: a folder holds the files of some three days.
        return self._folder / key[:5] / key


def _type_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.type")


def _finish(file: object, type_file: Path, content_type: str) -> None:
    """Makes sure that content and type are on the disk before the file gets its name."""
    file.flush()  # type: ignore[attr-defined]
    os.fsync(file.fileno())  # type: ignore[attr-defined]
    type_file.write_text(content_type)


def _plain_type(content_type: str) -> str:
    plain = content_type.partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else UNKNOWN_TYPE
