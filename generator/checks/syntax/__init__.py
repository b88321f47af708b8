"""What GitHub takes beyond the schema of editors."""
