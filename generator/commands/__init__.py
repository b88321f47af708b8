"""One module a command: words in, one call, a report, an exit code."""
