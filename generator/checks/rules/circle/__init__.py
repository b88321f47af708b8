"""The circle of restore, work and save that is not closed."""
