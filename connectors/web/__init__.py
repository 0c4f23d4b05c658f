"""The phone page: a channel to try conversations on, without a provider."""

from connectors.web.connector import WebConnector

__all__ = ["WebConnector"]
