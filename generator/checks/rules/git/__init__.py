"""Git as the store: commits that are pushed by runs."""
