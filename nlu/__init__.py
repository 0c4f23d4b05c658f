"""Reads a message: text in, `Parse` out; trained from Rasa-shaped data on spaCy and scikit-learn."""
