"""Each connector against a real server on loopback, and against its provider's fake."""
