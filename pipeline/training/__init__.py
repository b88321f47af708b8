"""One update of the model, from the lock to the summary."""
