"""Finds the name that a person gives in a message."""
