"""All connectors are registered under their own names, and keep to the port."""

import pytest
from sanic import Blueprint

from connectors.channel import Connector
from connectors.registry import CONNECTORS

SECTIONS = {
    "twilio": {"account_sid": "AC1", "auth_token": "1", "twilio_number": "+15550009"},
    "rest": None,
    "web": None,
}


@pytest.mark.parametrize(("name", "kind"), CONNECTORS.items())
def test_each_connector_keeps_to_the_port(name: str, kind: type[Connector]) -> None:
    connector = kind.from_credentials(SECTIONS[name])
    assert kind.name() == name
    assert set(kind.required) <= set(SECTIONS[name] or ())
    assert connector.settle_after > 0 or not kind.can_list

    async def take(_: object) -> tuple[()]:
        return ()

    assert isinstance(connector.blueprint(take), Blueprint)


@pytest.mark.parametrize(("name", "kind"), CONNECTORS.items())
async def test_opening_and_closing_twice_does_no_harm(name: str, kind: type[Connector]) -> None:
    connector = kind.from_credentials(SECTIONS[name])
    for _ in range(2):
        await connector.open()
        await connector.open()
        await connector.close()
        await connector.close()
