"""A GitHub on loopback: what Actions, its official clients and `gh` need of the real one.

Knows nothing of act.
"""
