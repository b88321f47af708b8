"""A look at a source before the first training; nothing is written."""
