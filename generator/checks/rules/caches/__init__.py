"""The cache as the store."""
