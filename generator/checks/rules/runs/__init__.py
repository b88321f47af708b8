"""Runs: which start, side by side, for how long, and on what."""
