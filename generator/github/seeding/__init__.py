"""Filling a local GitHub from one file, for whoever only wants a GitHub to test against."""
