"""A file is text, YAML and a workflow."""
