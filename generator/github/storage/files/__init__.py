"""What the local GitHub keeps as files: blobs, uploads under way, the git repository."""
