"""Render, check and run GitHub Actions workflows that keep state between runs."""

__version__ = "0.1.0"
