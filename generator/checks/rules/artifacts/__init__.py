"""Artifacts as the store."""
