"""What is ahead in a turn, one part after the other, until the session waits."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.engine.answering import ask, read_reply
from bot.engine.performing import go_to, pass_on, run_list
from bot.engine.run import Run


def go_on(run: Run) -> None:
    """Does all that is ahead, until something outside is called, or the session is over."""
    while run.ahead and run.over is None and run.called is None:
        kind, *rest = run.ahead.pop()
        _PARTS[kind](run, *rest)
    if run.over is not None:
        run.ahead = []
    run.pause()


def _call_api(run: Run, name: str, values: Mapping[str, Any]) -> None:
    run.call(name, "api", values)


_PARTS: Mapping[str, Callable[..., None]] = {
    "list": run_list,
    "pass": pass_on,
    "ask": ask,
    "answer": read_reply,
    "goto": go_to,
    "call": _call_api,
}
"""By the first word of a part; the other words are its arguments."""
