"""Which language a text is in: by its script, its words and its letters."""
