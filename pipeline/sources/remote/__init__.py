"""Files behind URLs, read in ranges, and their failures in words."""
