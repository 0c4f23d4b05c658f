"""The parts a pipeline is made of: one file each, all named in `registry.py`."""
