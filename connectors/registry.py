"""Every connector that ships, by its name in credentials.yml."""

from collections.abc import Mapping

from connectors.channel import Connector
from connectors.rest import RestConnector
from connectors.twilio import TwilioConnector
from connectors.web import WebConnector

CONNECTORS: Mapping[str, type[Connector]] = {
    "twilio": TwilioConnector,
    "rest": RestConnector,
    "web": WebConnector,
}
