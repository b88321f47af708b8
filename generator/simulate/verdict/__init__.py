"""What became of the state: its lineage, what broke it, what was missed and spent."""
