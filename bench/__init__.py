"""Measurements; each prints what it found, as a ratio to a yardstick of the same run."""
