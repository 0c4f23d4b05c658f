"""Training data in Rasa's YAML: what it is, and how it is read."""
