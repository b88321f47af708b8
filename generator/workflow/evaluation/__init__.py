"""Expressions worked out as GitHub works them out."""
