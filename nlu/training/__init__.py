"""Training data in Rasa's formats (YAML, Markdown, JSON): what it is, and how it is read."""
