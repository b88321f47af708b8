"""The local GitHub: runs, artifacts, tokens and expiry as GitHub has them, on loopback."""
