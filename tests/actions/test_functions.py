"""The shipped processors and tasks, called as Parley calls them."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.actions_in_process import InProcessActions
from bot.domain.actions import ActionFailed, ActionResult
from tests.clients.test_functions import tracker
from tests.flows.driver import DOMAIN, ROOT

REFUSED = ({"event": "refused", "text": ""},)


@pytest.fixture
async def runner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InProcessActions]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    made = InProcessActions("actions", Path(ROOT), DOMAIN)
    yield made
    await made.close()


async def answered(
    runner: InProcessActions, name: str, text: str, **given: Any
) -> tuple[dict[str, Any], ...]:
    result = await runner.call("processor", name, given, tracker(text), "k")
    return tuple(dict(event) for event in result.events)


async def test_what_is_there(runner: InProcessActions) -> None:
    functions = await runner.functions()
    plain = {kind: {n for n in names if "." not in n} for kind, names in functions.items()}
    assert plain == {
        "processor": {"normalise_name", "normalise_postcode", "order_total"},
        "task": {"membership_fee", "sign_up"},
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [("  ann   lee ", "Ann Lee"), ("ANN", "Ann"), ("李雷", "李雷"), ("de la Cruz", None)],
)
async def test_a_name_is_put_right(runner: InProcessActions, text: str, name: str | None) -> None:
    expected = ({"event": "answer", "text": name},) if name and name != text else ()
    assert await answered(runner, "normalise_name", text) == expected


@pytest.mark.parametrize("text", ["", "123", "!?", "x" * 81])
async def test_what_is_no_name_is_refused(runner: InProcessActions, text: str) -> None:
    assert await answered(runner, "normalise_name", text) == REFUSED


@pytest.mark.parametrize(
    ("text", "country", "postcode"),
    [("sw1a1aa", "GB", "SW1A 1AA"), (" m1 1ae.", "GB", "M1 1AE"), ("1234ab", "NL", "1234 AB"),
     ("90210-", "US", "90210")],
)  # fmt: skip
async def test_a_postcode_is_put_right(
    runner: InProcessActions, text: str, country: str, postcode: str
) -> None:
    found = await answered(runner, "normalise_postcode", text, country=country)
    assert found == ({"event": "answer", "text": postcode},)


@pytest.mark.parametrize(
    ("text", "country"), [("here", "GB"), ("0123ab", "NL"), ("SW1A 1AA", "US")]
)
async def test_what_is_no_postcode_is_refused(
    runner: InProcessActions, text: str, country: str
) -> None:
    assert await answered(runner, "normalise_postcode", text, country=country) == REFUSED


async def test_an_unknown_country_fails_by_name(runner: InProcessActions) -> None:
    with pytest.raises(ActionFailed, match="'normalise_postcode': KeyError: 'XX'"):
        await answered(runner, "normalise_postcode", "1", country="XX")


async def test_an_order_has_its_price(runner: InProcessActions) -> None:
    async def total(pizzas: int) -> ActionResult:
        slots = tracker(pizza="Diavola", pizzas=pizzas)
        return await runner.call("processor", "order_total", {}, slots, "k")

    small, large = await total(1), await total(3)
    assert {"event": "slot", "name": "total", "value": "13.50"} in small.events
    assert {"event": "registry", "name": "free_delivery", "value": False} in small.events
    assert {"event": "slot", "name": "total", "value": "33.00"} in large.events
    assert {"event": "registry", "name": "free_delivery", "value": True} in large.events


@pytest.mark.parametrize(("age", "fee"), [(17, 120), (18, 240)])
async def test_those_who_are_not_of_age_pay_half(
    runner: InProcessActions, age: int, fee: int
) -> None:
    result = await runner.call("task", "membership_fee", {}, tracker(age=age, plan="Full"), "k")
    assert result.events == ({"event": "slot", "name": "fee", "value": fee},)


async def test_a_member_is_tagged(runner: InProcessActions) -> None:
    result = await runner.call("task", "sign_up", {}, tracker(tags=["vip"]), "k")
    assert result.events == ({"event": "slot", "name": "tags", "value": ["vip", "member"]},)
    assert result.responses[0]["text"] == "Your card will be sent to the club house."
