"""Messages on their way from the bot to a channel."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import Message
from bot.domain.sms import as_text
from bot.web.channels import outbound
from connectors.text import plain

words = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=20)
rows = st.fixed_dictionaries({"title": words, "payload": words, "description": words})
places = st.fixed_dictionaries(
    {
        "latitude": st.floats(-90, 90),
        "longitude": st.floats(-180, 180),
        "name": words,
        "address": words,
    }
)
contents = st.fixed_dictionaries(
    {},
    optional={
        "buttons": st.lists(st.fixed_dictionaries({"title": words, "payload": words}), max_size=4),
        "menu": st.fixed_dictionaries({"rows": st.lists(rows, max_size=4), "button": words}),
        "location": places,
    },
)


@given(words, contents)
def test_segments_are_counted_over_what_is_sent(text: str, content: dict[str, Any]) -> None:
    message = Message(
        id="m1", direction="out", connector="twilio", conversation_id="k1", contact_id="c1",
        address="sms:+15550001", sender="sms:+15550009", status="queued", created_at=0.0,
        text=text, content=content,
    )  # fmt: skip
    assert as_text(text, content) == plain(outbound(message))
