"""Rasa's REST channel: a message in, the turn's replies in the answer."""

from connectors.rest.connector import RestConnector

__all__ = ["RestConnector"]
