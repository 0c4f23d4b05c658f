"""Hands what came in to the host, whatever becomes of the client's connection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connectors.channel import NotStored

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger(__name__)
_running: set[asyncio.Task[object]] = set()


async def accept(take: Callable[[T], Awaitable[R]], item: T) -> R:
    """What `take` answers; raises NotStored, and nothing else, where it failed.

    Sanic cancels the handler of a client that disconnects: storing goes on all the same.
    """
    task = asyncio.create_task(_taken(take, item))
    # The loop itself holds tasks weakly.
    _running.add(task)
    task.add_done_callback(_running.discard)
    return await asyncio.shield(task)


async def _taken(take: Callable[[T], Awaitable[R]], item: T) -> R:
    try:
        return await take(item)
    except NotStored:
        raise
    except Exception as error:
        _log.exception("What came in could not be taken; the provider is asked to try again")
        raise NotStored(str(error)) from error
