"""What actions and functions get to see of a session."""

import json

from rasa_sdk import Tracker

from bot.clients.trackers import seen_by_functions
from bot.domain.contacts import Contact
from bot.engine.parse import NOTHING_READ
from bot.engine.session import Session
from bot.services.tracker import tracker

CONTACT = Contact("c1", {"first_name": "Ann"}, frozenset({"vip"}), "nb")
SESSION = Session("s1", "f", "v", "ASKED", slots={"age": 34}, registry={"tries": 2})


def shown(session: Session | None) -> dict[str, object]:
    return tracker(
        sender_id="sms:+1", session=session, contact=CONTACT, declared={"name": None},
        parse=NOTHING_READ, channel="sms", metadata={"address": "sms:+1"}, events=[],
    )  # fmt: skip


def test_functions_see_the_session_and_the_contact() -> None:
    seen = seen_by_functions(shown(SESSION))
    assert seen["slots"] == {"name": None, "first_name": "Ann", "age": 34, "tags": ["vip"]}
    assert (seen["registry"], seen["state"], seen["session_id"]) == ({"tries": 2}, "ASKED", "s1")
    assert seen["contact"] == {"id": "c1", "language": "nb", "fields": {"first_name": "Ann"}}
    assert (seen["channel"], seen["latest_message"]["metadata"]) == ("sms", {"address": "sms:+1"})
    assert "events" not in seen
    assert json.loads(json.dumps(seen)) == seen


def test_without_a_session_there_is_no_state() -> None:
    seen = seen_by_functions(shown(None))
    assert (seen["registry"], seen["state"], seen["session_id"]) == ({}, None, None)


def test_rasas_tracker_takes_it() -> None:
    read = Tracker.from_dict(json.loads(json.dumps(shown(SESSION))))
    assert (read.sender_id, read.slots["age"], read.get_slot("tags")) == ("sms:+1", 34, ["vip"])
