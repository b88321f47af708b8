"""Jobs and steps of any workflow, their scripts, conditions and names."""
