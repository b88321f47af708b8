"""A workflow file as everybody reads it: its YAML with positions, its jobs and steps, its triggers."""
