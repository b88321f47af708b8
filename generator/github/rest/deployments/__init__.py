"""REST: deployments, and of Pages [docs.github.com/rest/deployments]."""

from . import deployments, pages

ROUTES = (*deployments.ROUTES, *pages.ROUTES)
