"""Stand-ins for the providers, each a server of its own that misbehaves on request."""
