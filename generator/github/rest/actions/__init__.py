"""REST: artifacts, caches, runs, workflows [docs.github.com/rest/actions]."""
