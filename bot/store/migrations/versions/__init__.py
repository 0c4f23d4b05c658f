"""One file per version of the tables, in their order."""
