"""Workflows under test: fixtures for pytest, and what they hand to a test."""
