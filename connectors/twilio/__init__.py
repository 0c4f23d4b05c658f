"""Twilio: SMS, MMS and WhatsApp through its Messages API."""

from connectors.twilio.connector import TwilioConnector

__all__ = ["TwilioConnector"]
