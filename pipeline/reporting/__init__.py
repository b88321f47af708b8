"""What a run says: log, summary, job summary, report."""
