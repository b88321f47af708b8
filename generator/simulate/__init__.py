"""The time machine: a timeline of events, each played as a real run, and a verdict."""
