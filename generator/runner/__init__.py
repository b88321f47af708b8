"""One run of one workflow under act, against the local GitHub."""
