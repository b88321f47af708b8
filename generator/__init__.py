"""Render, check and run GitHub Actions workflows that keep state between runs."""
