"""What every part of the local GitHub shares: records, errors, clock, tokens, rate limits, faults."""
