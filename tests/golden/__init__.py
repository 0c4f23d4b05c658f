"""Whole conversations as data: what is said, and all that comes of it."""
