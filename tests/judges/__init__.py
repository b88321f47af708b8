"""Judges from outside: what nobody here wrote, and what the tests therefore ask."""
