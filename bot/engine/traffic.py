"""How many sessions went through a flow: counts per state, and per way between two states."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BROKEN_OFF = frozenset({
    "attempts", "exit_word", "expired", "flow_gone", "limit", "opted_out", "restarted",
    "state_gone", "timeout", "timer_failed",
})  # fmt: skip
"""Why sessions end that the flow's author did not mean to end there. All other reasons are meant:
an end of the flow, an `end` step, another flow that was started."""


@dataclass(frozen=True, slots=True)
class StateTraffic:
    """Of one state: how often it was entered and left, how many sessions ended and stand in it.

    Over all time `entered` is `left`, what `ended`, and `live` together. `ended` is by reason.
    """

    entered: int = 0
    left: int = 0
    live: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def dropped(self) -> int:
        """Sessions that fell silent here or were broken off."""
        return sum(count for reason, count in self.ended.items() if reason in BROKEN_OFF)

    @property
    def drop_off(self) -> float:
        """The share of those who entered that was lost here, from 0 to 1."""
        return min(1.0, self.dropped / self.entered) if self.entered else 0.0


NO_TRAFFIC = StateTraffic()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of a flow: its states by name; `ways` by the states that were left and entered.

    A session that begins enters a state without having left one: its way begins at None.
    """

    states: Mapping[str, StateTraffic] = field(default_factory=dict)
    ways: Mapping[tuple[str | None, str], int] = field(default_factory=dict)

    def of(self, state: str) -> StateTraffic:
        """Of this state; zeros for one where nobody ever was."""
        return self.states.get(state, NO_TRAFFIC)

    def to_json(self) -> dict[str, Any]:
        """By state: the counts, with `dropped` and `drop_off`."""
        return {
            name: {
                "entered": it.entered, "left": it.left, "live": it.live, "ended": dict(it.ended),
                "dropped": it.dropped, "drop_off": round(it.drop_off, 4),
            }
            for name, it in sorted(self.states.items())
        }  # fmt: skip


Counted = tuple[Literal["way", "ended", "live"], str | None, str | None, int]
"""What was counted, the state, and beside it: of a way the state that was left, of an end the reason."""


def traffic(counted: Iterable[Counted]) -> Traffic:
    """The counts of a flow put together. Counts of no known state are left out."""
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    live: Counter[str] = Counter()
    ended: dict[str, Counter[str]] = {}
    ways: Counter[tuple[str | None, str]] = Counter()
    for kind, state, beside, count in counted:
        if state is None:
            continue
        if kind == "live":
            live[state] += count
        elif kind == "ended":
            ended.setdefault(state, Counter())[beside or "unknown"] += count
        else:
            entered[state] += count
            ways[beside, state] += count
            if beside is not None:
                left[beside] += count
    names = {*entered, *left, *live, *ended}
    states = {
        name: StateTraffic(entered[name], left[name], live[name], dict(ended.get(name, {})))
        for name in names
    }
    return Traffic(states, dict(ways))
