"""Checks of workflow files: rules of our own and other programs, one list of findings."""
