"""What came of a run: outcome, progress while it goes, summary at its end."""
