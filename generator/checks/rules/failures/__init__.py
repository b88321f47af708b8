"""Failures that nobody sees before state is saved."""
