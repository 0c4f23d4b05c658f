"""A session goes from one version of its flow to another, with what was learnt and what is to come."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.flow import Flow
from bot.engine.moving import moved
from bot.engine.reader import read_flow
from bot.engine.session import PendingTimer, Session, Visit

WAITING = [{"say": "one"}, {"wait": "1h"}, {"say": "two"}]


def flow(*states: Any, **keys: Any) -> Flow:
    return read_flow({"states": list(states), **keys}, "talk")


def state(name: str, enter: Any = "hi", **keys: Any) -> dict[str, Any]:
    """A state that waits for a message."""
    said = enter if isinstance(enter, list) else {"say": enter}
    ways = [{"name": f"{name} NEXT", "condition": "get_smth_from_user"}]
    return {"name": name, "enter": said, "states": ways, **keys}


def timer(kind: Any, name: str = "t", at: str = "A", **more: Any) -> PendingTimer:
    return PendingTimer("id", name, at, 100.0, kind, **more)


def wait(place: str, step: int, at: str = "A") -> PendingTimer:
    return timer("wait", place, at, resume=place, step=step)


def session(*timers: PendingTimer, **fields: Any) -> Session:
    values: dict[str, Any] = {
        "id": "s", "flow": "talk", "version": "old", "state": "A", "timers": timers,
    }  # fmt: skip
    return Session(**{**values, **fields})


def test_the_state_of_the_same_name() -> None:
    source, target = flow(state("A")), flow(state("B"), state("A"))
    there = moved(session(slots={"size": "L"}, revision=3), source, target, {})
    assert there is not None
    assert (there.version, there.state, there.slots) == (target.version, "A", {"size": "L"})
    assert (there.revision, there.id) == (3, "s")


def test_the_state_that_is_named() -> None:
    source, target = flow(state("A")), flow(state("B"))
    there = moved(session(timer("reminder")), source, target, {"A": "B"})
    assert there is not None
    assert there.state == there.timers[0].state == "B"
    assert moved(session(), source, target, {}) is None
    assert moved(session(), source, target, {"A": "C"}) is None


def test_new_slots_have_their_first_value_and_known_ones_stay() -> None:
    source = flow(state("A"))
    target = flow(
        state("A"),
        slots={"size": {"initial": "M"}, "count": {"initial": 1}, "x": {"scope": "contact"}},
    )
    there = moved(session(slots={"count": 5, "old": True}), source, target, {})
    assert there is not None
    assert there.slots == {"size": "M", "count": 5, "old": True}


def test_a_timeout_stays_where_the_state_still_has_one() -> None:
    timed = state("A", timeout={"after": "1h", "enter": {"say": "still there?"}})
    for target, kept in ((flow(timed, title="new"), 1), (flow(state("A")), 0)):
        there = moved(session(timer("timeout")), flow(timed), target, {})
        assert there is not None
        assert len(there.timers) == kept


def test_a_timer_of_a_state_that_is_gone_is_cancelled() -> None:
    source, target = flow(state("A"), state("B")), flow(state("A"))
    there = moved(session(timer("reminder", at="B"), timer("reminder")), source, target, {})
    assert there is not None
    assert [it.state for it in there.timers] == ["A"]


def test_a_wait_goes_on_behind_the_same_beginning() -> None:
    source = flow(state("A", WAITING))
    there = wait("/states/0/enter", 2)
    changed = [*WAITING[:2], {"say": "two, better"}, {"say": "three"}]
    target = flow(state("NEW"), state("A", changed))
    after = moved(session(there), source, target, {})
    assert after is not None
    [kept] = after.timers
    assert (kept.resume, kept.name, kept.step, kept.due_at) == (
        "/states/1/enter", "/states/1/enter", 2, 100.0,
    )  # fmt: skip


def test_a_wait_behind_another_beginning_is_cancelled() -> None:
    source = flow(state("A", WAITING))
    for enter in ([{"say": "other"}, *WAITING[1:]], [{"say": "one"}], "one"):
        after = moved(session(wait("/states/0/enter", 2)), source, flow(state("A", enter)), {})
        assert after is not None
        assert after.timers == ()


def test_a_visit_is_found_again_or_forgotten() -> None:
    steps = [{"start": "address", "return": ["street"]}, {"say": "thanks"}]
    source = flow(state("A", steps))
    visit = Visit("address", "/states/0/enter", 1)
    there = moved(session(visit=visit), source, flow(state("B"), state("A", steps)), {})
    assert there is not None
    assert there.visit == Visit("address", "/states/1/enter", 1)
    there = moved(session(visit=visit), source, flow(state("A")), {})
    assert there is not None
    assert there.visit is None


def test_who_would_wait_for_nothing_is_not_moved() -> None:
    source, target = flow(state("A", WAITING, states=[])), flow(state("A", states=[]))
    for status in ("active", "suspended", "dormant"):
        gone = session(wait("/states/0/enter", 2), status=status)
        assert moved(gone, source, target, {}) is None
    assert moved(session(visit=Visit("address", "/states/0/enter", 1)), source, target, {}) is None
    assert moved(session(timer("reminder")), source, target, {}) is not None


def test_what_follows_a_list_is_found_again_too() -> None:
    steps = [{"start": "address", "return": ["street"]}, {"say": "thanks"}]
    source, target = flow(state("A", steps)), flow(state("B", steps[1:]), state("C", steps))
    ahead: list[list[Any]] = [
        ["pass"],
        ["ask"],
        ["goto", "A"],
        ["list", "/states/0/enter", 1],
        ["list", "/gone", 0],
    ]
    there = [["pass"], ["ask"], ["goto", "C"], ["list", "/states/1/enter", 1]]
    visit = Visit("address", "/states/0/enter", 1, ahead=ahead)
    waits = PendingTimer("id", "t", "A", 1.0, "wait", "/states/0/enter", 1, ahead=ahead)
    after = moved(session(waits, visit=visit), source, target, {"A": "C"})
    assert after is not None
    assert after.visit is not None
    assert (after.visit.ahead, after.timers[0].ahead) == (there, there)


def test_a_single_step_that_follows_is_found_again() -> None:
    source, target = flow(state("A", "hi")), flow(state("B"), state("A", "hi, better"))
    visit = Visit("address", "/states/0/enter", 0, ahead=[["list", "/states/0/enter", 0]])
    after = moved(session(visit=visit), source, target, {})
    assert after is not None
    assert after.visit is not None
    assert after.visit.ahead == [["list", "/states/1/enter", 0]]


def test_without_the_old_definition_only_what_needs_no_place_stays() -> None:
    waiting, reminder = wait("/states/0/enter", 2), timer("reminder")
    there = moved(session(waiting, reminder), None, flow(state("A", WAITING)), {})
    assert there is not None
    assert there.timers == (reminder,)


NAMES = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=5, unique=True)


@given(NAMES, NAMES, st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("ABCDE")))
def test_who_is_moved_can_go_on(
    before: list[str], after: list[str], states: dict[str, str]
) -> None:
    source = flow(*(state(name, WAITING) for name in before))
    target = flow(*(state(name, WAITING) for name in after), title="new")
    for place, name in enumerate(before):
        asked = session(wait(f"/states/{place}/enter", 2, name), state=name)
        there = moved(asked, source, target, states)
        assert (there is None) == (states.get(name, name) not in after)
        if there is not None:
            assert there.state in target.states
            assert all(timer.resume in target.step_lists for timer in there.timers)
            assert len(there.timers) == 1
