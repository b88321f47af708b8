"""REST: issues, labels and their search [docs.github.com/rest/issues]."""
