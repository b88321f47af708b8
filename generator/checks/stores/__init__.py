"""Where state lies between runs: commits, artifacts, caches, releases and beyond."""
