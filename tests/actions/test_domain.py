"""domain.yml in the shape that Rasa 3.6 accepts."""

import re

from bot.engine.templates import names_in
from tests.flows.driver import DOMAIN

SLOT_TYPES = {"text", "bool", "float", "list", "categorical", "any"}


def test_every_slot_has_what_rasa_3_asks_for() -> None:
    for name, slot in DOMAIN["slots"].items():
        assert slot["type"] in SLOT_TYPES, name
        assert slot["mappings"] == [{"type": "custom"}], name
        assert slot["influence_conversation"] is False, name


def test_the_contacts_fields_are_slots() -> None:
    fields = {"first_name", "last_name", "name", "email", "phone", "language", "time_zone", "tags"}
    assert fields <= set(DOMAIN["slots"])
    assert DOMAIN["slots"]["tags"]["type"] == "list"


def test_the_responses_that_the_bot_itself_gives_are_there() -> None:
    assert {"utter_default", "utter_help", "utter_opted_out", "utter_opted_in"} <= set(
        DOMAIN["responses"]
    )


def test_responses_are_texts_that_one_sms_pair_holds() -> None:
    for name, variations in DOMAIN["responses"].items():
        assert name.startswith("utter_")
        for variation in variations:
            assert set(variation) <= {"text", "buttons", "image", "custom", "channel"}, name
            assert len(variation["text"]) <= 306, name
            assert variation["text"].isascii(), f"{name}: others cost twice as many SMS segments"


def test_placeholders_are_written_so_that_rasa_reads_them_too() -> None:
    given = {"count", "average", "in_range", "lows"}
    for name, variations in DOMAIN["responses"].items():
        for variation in variations:
            assert not re.search(r"\{\{|\|", variation["text"]), name
            assert names_in(variation["text"]) <= {*DOMAIN["slots"], *given}, name


def test_help_and_opt_out_say_what_the_rules_ask_for() -> None:
    assert "STOP" in DOMAIN["responses"]["utter_help"][0]["text"]
    assert "START" in DOMAIN["responses"]["utter_opted_out"][0]["text"]
