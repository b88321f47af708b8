"""Settings: the table of all, the types of their values, their sources and checks."""
