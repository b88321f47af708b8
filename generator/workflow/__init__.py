"""A workflow file as everybody reads it: YAML with positions, then typed records."""
