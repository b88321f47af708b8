"""Settling into a repository: look around, plan every file, then write all of them or none."""
