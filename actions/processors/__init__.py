"""Processors: `(session, message)`, run on entering a state or on a reply to it.

A flow names them in `pre` and `post`; what stands beside the name under `with` comes by keyword.
"""
