"""Settings: the table of all of them, the types of their values, where each value came from, and their checks."""
