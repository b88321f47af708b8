"""What the parts of a state must be like before they are used."""
