"""REST: the repository, its contents and releases [docs.github.com/rest/repos]."""
