"""Parley as it is served: real processes, real HTTP, a provider that misbehaves."""
