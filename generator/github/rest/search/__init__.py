"""REST: search [docs.github.com/rest/search/search]."""

from . import everything

ROUTES = everything.ROUTES
