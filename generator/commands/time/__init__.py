"""Commands that play what time does to a workflow."""
