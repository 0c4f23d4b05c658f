"""The flow language through the services: places and files that come, functions, invariants."""

from typing import Any

from bot.domain.actions import ActionResult
from bot.web.channels import outbound
from connectors.channel import Location, Menu, Row, Template
from tests.services.world import Runner, World

HELLO = [{"manual": True}, {"keyword": "hi"}]


def asking(**question: Any) -> dict[str, Any]:
    return {
        "triggers": HELLO,
        "states": [
            {
                "name": "ASK",
                "enter": [{"say": "Well?"}],
                "collect": {"slot": "answer", "error": "again", **question},
                "states": [{"name": "DONE", "enter": [{"say": "thanks"}]}],
            }
        ],
    }


async def test_a_place_that_is_shared_is_an_answer() -> None:
    world = await World().open(ask=asking(type="location"))
    await world.says("hi")
    assert await world.says("here") == ["again"]
    shared = {"latitude": 59.9, "longitude": 10.7, "label": "Our shop", "address": "Main Street 1"}
    assert await world.says("", metadata={"location": shared}) == ["thanks"]
    [session] = await world.sessions()
    assert session.slots["answer"] == {
        "latitude": 59.9, "longitude": 10.7, "name": "Our shop", "address": "Main Street 1",
    }  # fmt: skip


async def test_what_is_no_place_is_none() -> None:
    world = await World().open(ask=asking(type="location"))
    await world.says("hi")
    assert await world.says("", metadata={"location": {"latitude": 1000, "longitude": 0}}) == [
        "again"
    ]


async def test_a_file_is_an_answer() -> None:
    world = await World().open(ask=asking(type="media"))
    await world.says("hi")
    file = {"url": "https://example.org/a.png", "content_type": "image/png"}
    assert await world.says("", media=[file]) == ["thanks"]
    [session] = await world.sessions()
    assert session.slots["answer"] == file


async def test_a_tapped_button_carries_the_value() -> None:
    choices = [{"label": "Tea with milk", "value": "tea"}, "Coffee"]
    world = await World().open(ask=asking(type="choice", ask="Which?", choices=choices))
    assert await world.says("hi") == ["Well?", "Which?"]
    sent = outbound(await world.last())
    assert [(b.title, b.payload) for b in sent.buttons] == [
        ("Tea with milk", "tea"),
        ("Coffee", "Coffee"),
    ]
    assert await world.says("Tea with milk", payload="tea") == ["thanks"]


async def test_a_processor_says_what_the_reply_is_read_as() -> None:
    flow = asking(type="number")
    flow["states"][0]["post"] = "tidy"
    tidy = ActionResult(({"event": "answer", "text": "12"},), ())
    world = await World(runner=Runner({"tidy": [tidy]})).open(ask=flow)
    await world.says("hi")
    assert await world.says("l2") == ["thanks"]
    [session] = await world.sessions()
    assert session.slots["answer"] == 12
    assert "processor_ran" in await world.types()


async def test_a_processor_before_a_state_does_not_change_what_the_contact_said() -> None:
    ways = [
        {"name": said, "condition": {"text": True, "value": said}, "enter": [{"say": said}]}
        for said in ("12", "hi")
    ]
    state = {"name": "A", "pass": True, "pre": "tidy", "enter": [{"say": "Well?"}], "states": ways}
    tidy = ActionResult(({"event": "answer", "text": "12"},), ())
    world = await World(runner=Runner({"tidy": [tidy]})).open(
        ask={"triggers": HELLO, "states": [state]}
    )
    assert await world.says("hi") == ["Well?", "hi"]


async def test_a_turn_that_breaks_an_invariant_is_undone() -> None:
    flow = asking(type="number")
    flow["invariants"] = [
        {"name": "adult", "condition": {"not": {"slot": "answer", "op": "<", "value": 18}}}
    ]
    world = await World().open(ask=flow)
    await world.says("hi")
    assert "went wrong" in (await world.says("17"))[0]
    [session] = await world.sessions()
    assert (session.state, session.slots) == ("ASK", {})
    assert await world.says("18") == ["thanks"]


async def test_lists_places_and_templates_reach_the_connector() -> None:
    steps = [
        {
            "say": "Pick",
            "list": {"button": "Open", "rows": ["Tea", {"title": "Coffee", "payload": "c"}]},
        },
        {"say": "", "location": {"latitude": 59.9, "longitude": 10.7, "name": "Shop"}},
        {"say": "Hi", "template": {"name": "HX1", "language": "en", "parameters": ["Ann"]}},
    ]
    world = await World().open(ask={"triggers": HELLO, "states": [{"name": "A", "enter": steps}]})
    await world.says("hi")
    menu, place, template = [outbound(message) for message in await world.outbound()]
    assert menu.menu == Menu((Row("Tea"), Row("Coffee", "c")), "Open")
    assert place.location == Location(59.9, 10.7, "Shop")
    assert template.template == Template("HX1", "en", ("Ann",))
