"""Conversation tests: read, played on the real engine and services, compared, measured, reported."""
