"""Seeded faults in flows: how many of them the checker finds, and what it says of flows without any.

Nothing here is shared with the checker: the faults are written from the language's description, and
that a mutant misbehaves is seen by running it in the engine.
"""
