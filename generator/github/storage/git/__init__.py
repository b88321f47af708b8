"""Commits, trees, refs and merges of the repository, as git itself tells and makes them."""
