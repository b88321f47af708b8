"""What is worth knowing and no fault."""
