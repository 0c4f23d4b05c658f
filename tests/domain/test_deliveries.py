"""What follows from an attempt to send, and which listed message an attempt made."""

import pytest

from bot.domain.deliveries import Attempt, Listed, backoff, found, outcome
from bot.domain.gate import Rate, verdict
from bot.domain.messages import RANK, Message, join


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "id": "m1", "direction": "out", "connector": "twilio", "conversation_id": "c", "contact_id": "k",
        "address": "sms:+15550001", "sender": "sms:+15550009", "status": "sending", "created_at": 100.0,
        "text": "hello", "attempts": 1, "attempted_at": 100.0,
    }  # fmt: skip
    return Message(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attempt", "attempts", "status", "due_at"),
    [
        (Attempt("sent", "SM1", "accepted"), 1, "accepted", None),
        (Attempt("unknown"), 1, "unknown", 115.0),
        (Attempt("retry"), 1, "queued", 112.0),
        (Attempt("retry", retry_after=30.0), 1, "queued", 140.0),
        (Attempt("retry"), 8, "failed", None),
        (Attempt("retry", max_attempts=2), 2, "failed", None),
        (Attempt("rejected", code="30006"), 1, "failed", None),
        (Attempt("opted_out", code="21610"), 1, "failed", None),
    ],
)
def test_what_follows(attempt: Attempt, attempts: int, status: str, due_at: float | None) -> None:
    result = outcome(message(attempts=attempts), attempt, now=110.0, jitter=0.5, settle_at=115.0)
    assert (result.status, result.due_at) == (status, due_at)


def test_a_provider_that_cannot_be_asked_leaves_no_time_to_ask() -> None:
    result = outcome(message(), Attempt("unknown"), now=110.0, jitter=0.5, settle_at=None)
    assert (result.status, result.due_at) == ("unknown", None)


def test_delays_double_up_to_an_hour() -> None:
    assert [backoff(n, 0.5) for n in (1, 2, 3, 20)] == [2.0, 4.0, 8.0, 3600.0]


@pytest.mark.parametrize(
    ("listed", "known", "expected"),
    [
        ([], set(), None),
        ([Listed("SM1", "hello", "sent", 101.0)], set(), "SM1"),
        ([Listed("SM1", "hello", "sent", 96.0)], set(), "SM1"),  # the provider's clock lags
        ([Listed("SM1", "hello", "sent", 90.0)], set(), None),
        ([Listed("SM1", "hello", "sent", 101.0)], {"SM1"}, None),
        ([Listed("SM1", "other", "sent", 101.0)], set(), None),
        (
            [Listed("SM1", "hello", "sent", 101.0), Listed("SM2", "hello", "sent", 102.0)],
            {"SM1"},
            "SM2",
        ),
        ([Listed("SM1", "other", "sent", 101.0, "m1")], set(), "SM1"),
        ([Listed("SM1", "hello", "sent", 101.0, "m2")], set(), None),
    ],
)
def test_the_listed_message_of_an_attempt(
    listed: list[Listed], known: set[str], expected: str | None
) -> None:
    match = found(message(), listed, known)
    assert (match.provider_id if match else None) == expected


def test_reports_never_move_a_message_backwards() -> None:
    for current in RANK:
        for reported in RANK:
            assert RANK[join(current, reported)] >= RANK[current]


def test_the_gate() -> None:
    assert verdict(opted_out=True, confirms_opt_out=False, wait=0, now=5).stop == "opted_out"
    assert verdict(opted_out=True, confirms_opt_out=True, wait=0, now=5).stop is None
    assert verdict(opted_out=False, confirms_opt_out=False, wait=2.5, now=5).wait_until == 7.5


def test_a_sender_s_rate_counts_segments() -> None:
    rate = Rate(per_second=2.0)
    assert [rate.take(1, 10.0), rate.take(1, 10.0)] == [0.0, 0.0]
    assert rate.take(1, 10.0) == pytest.approx(0.5)
    assert rate.take(1, 10.5) == 0.0
    nearly = Rate(per_second=1.0, tokens=1.0 - 1e-9, at=1_790_000_000.0)
    assert nearly.take(1, 1_790_000_000.0) == 0.0  # a nanosecond is nothing that the clock can show
    assert Rate(per_second=1.0).take(5, 3.0) == 0.0  # larger than the bucket: goes when it is full
