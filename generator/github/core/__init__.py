"""What all parts of the local GitHub share: records, errors, clock, tokens, limits."""
