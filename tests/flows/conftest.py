"""The shipped actions, in this process."""

import sys
from collections.abc import AsyncIterator, Callable

import pytest

from bot.clients.actions_in_process import InProcessActions
from tests.flows.driver import DOMAIN, ROOT, Conversation, shipped


@pytest.fixture
async def runner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InProcessActions]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    made = InProcessActions("actions", ROOT, DOMAIN)
    yield made
    await made.close()


@pytest.fixture
def conversation(runner: InProcessActions) -> Callable[[str], Conversation]:
    return lambda flow: Conversation(shipped(flow), runner)
