"""Keeps the files that came with messages, behind the turns and not in their way.

Each turn of a message with files logs `media_received`; each file that was fetched, or given up,
logs `media_kept` or `media_failed`. What has neither is still to be done, also after a crash.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from bot.domain.events import Event
from bot.services.ids import Ids
from bot.services.ports import Clock, MediaStore, Store

log = structlog.get_logger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at the log."""
LOOK_BACK = 86_400.0
"""Providers keep files for longer, but what failed for a day is not there."""
OVERLAP = 60.0
"""Events of other processes may come to light after later ones, by so many seconds at most."""
LEASE_SECONDS = 300.0
FILES_AT_ONCE = 4
FILES_PER_LOOK = 40
PAGE, PAGES = 200, 50
RETRY_SECONDS = (10.0, 60.0, 300.0, 1800.0)
"""After so many failures, and from then on with the last pause until the day is over."""
SECONDS_PER_FILE = 120.0
MOST_FILES = 20
"""Of one message; no channel takes more than ten."""

File = tuple[str, int]
"""Message id, and which of its files."""


class MediaSource(Protocol):
    """A connector that can fetch what its messages name."""

    async def fetch(self, url: str) -> tuple[str, AsyncGenerator[bytes, None]]:
        """(content type, chunks). ValueError: never; LookupError: perhaps later."""


def media_key(message_id: str, index: int) -> str:
    """Under which a file is kept."""
    return f"{message_id}.{index}"


@dataclass(slots=True)
class _Wanted:
    event: Event
    url: str
    content_type: str
    tries: int = 0
    due_at: float = 0.0


@dataclass(slots=True)
class Media:
    """Fetches files, one process at a time; `sources` are the connectors that can."""

    store: Store
    files: MediaStore
    sources: Mapping[str, MediaSource]
    ids: Ids
    clock: Clock
    owner: str
    _wanted: dict[File, _Wanted] = field(default_factory=dict)
    _done: dict[File, float] = field(default_factory=dict)
    _seen_until: float = 0.0
    _looked_at: float = 0.0
    _task: asyncio.Task[None] | None = None

    def kick(self) -> None:
        """Has a look in the background, where none is going on and it is time for one."""
        idle = self._task is None or self._task.done()
        if self.sources and idle and self.clock.now() >= self._looked_at + LOOK_EVERY:
            self._looked_at = self.clock.now()
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Ends what is going on; it is taken up again when the process is."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _look(self) -> None:
        try:
            await self.once()
        except Exception:
            # The events stay where they are; the next look finds them again.
            log.exception("media_look_failed")

    async def once(self) -> int:
        """Looks once for files to fetch; answers how many it handled."""
        now = self.clock.now()
        if not await self.store.lease("media", self.owner, now, LEASE_SECONDS):
            self._forget()
            return 0
        await self._find(now)
        due = [file for file, wanted in self._wanted.items() if wanted.due_at <= now]
        due = due[:FILES_PER_LOOK]
        places = asyncio.Semaphore(FILES_AT_ONCE)
        await asyncio.gather(*(self._handle(file, places) for file in due))
        return len(due)

    def _forget(self) -> None:
        """Another process has the lease: what it does is read from the log when it is ours again."""
        self._wanted.clear()
        self._done.clear()
        self._seen_until = 0.0

    async def _find(self, now: float) -> None:
        since = max(now - LOOK_BACK, self._seen_until - OVERLAP)
        for type in ("media_kept", "media_failed"):
            for event in await self._events(type, since):
                file = (str(event.data.get("message_id")), int(event.data.get("index", 0)))
                self._done[file] = event.at
                self._wanted.pop(file, None)
        for event in await self._events("media_received", since):
            self._want(event)
            self._seen_until = max(self._seen_until, event.at)
        self._done = {file: at for file, at in self._done.items() if at >= now - 2 * LOOK_BACK}

    async def _events(self, type: str, since: float) -> Sequence[Event]:
        found: list[Event] = []
        after = f"{max(int(since * 1000), 0) << 24:018x}"
        for _ in range(PAGES):
            page = await self.store.list_events(PAGE, type=type, after=after)
            found.extend(page.items)
            if len(page.items) < PAGE:
                break
            after = page.items[-1].id
        return found

    def _want(self, event: Event) -> None:
        listed = event.data.get("media") or ()
        for index, item in enumerate(listed[:MOST_FILES]):
            file = (event.causation_id or "", index)
            if file not in self._done and file not in self._wanted:
                url, content_type = str(item.get("url", "")), str(item.get("content_type", ""))
                self._wanted[file] = _Wanted(event, url, content_type)

    async def _handle(self, file: File, places: asyncio.Semaphore) -> None:
        wanted = self._wanted[file]
        async with places:
            try:
                async with asyncio.timeout(SECONDS_PER_FILE):
                    kept = await self._fetch(file, wanted)
            except (LookupError, OSError, TimeoutError) as error:
                await self._later(file, wanted, str(error) or "no answer in time")
            except ValueError as error:
                await self._log(file, wanted, "media_failed", {"reason": str(error)})
            else:
                await self._log(file, wanted, "media_kept", kept)

    async def _fetch(self, file: File, wanted: _Wanted) -> dict[str, Any]:
        message = await self.store.message(file[0])
        source = self.sources.get(message.connector) if message else None
        if source is None:
            raise ValueError("no channel that could fetch it is on")
        content_type, chunks = await source.fetch(wanted.url)
        async with aclosing(chunks):
            counted = _Counted(chunks)
            kept = content_type or wanted.content_type
            reference = await self.files.keep(media_key(*file), kept, counted.read())
        return {"reference": reference, "content_type": kept, "bytes": counted.size}

    async def _later(self, file: File, wanted: _Wanted, reason: str) -> None:
        if self.clock.now() > wanted.event.at + LOOK_BACK:
            await self._log(file, wanted, "media_failed", {"reason": reason})
            return
        pause = RETRY_SECONDS[min(wanted.tries, len(RETRY_SECONDS) - 1)]
        wanted.tries, wanted.due_at = wanted.tries + 1, self.clock.now() + pause
        log.warning("media_not_fetched", message=file[0], index=file[1], reason=reason)

    async def _log(self, file: File, wanted: _Wanted, type: str, data: dict[str, Any]) -> None:
        cause, now = wanted.event, self.clock.now()
        event = Event(
            id=self.ids.new(),
            type=type,
            at=now,
            contact_id=cause.contact_id,
            conversation_id=cause.conversation_id,
            causation_id=file[0],
            correlation_id=cause.correlation_id,
            data={"message_id": file[0], "index": file[1], **data},
        )
        await self.store.append([event])
        self._done[file] = now
        self._wanted.pop(file, None)


@dataclass(slots=True)
class _Counted:
    """Counts the bytes that pass."""

    chunks: AsyncGenerator[bytes, None]
    size: int = 0

    async def read(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self.chunks:
            self.size += len(chunk)
            yield chunk
