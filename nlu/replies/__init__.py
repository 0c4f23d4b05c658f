"""Yes, no and the like by lexicon: data in `lexicons/`, one file a language, and how it is read."""
