"""REST: webhooks [docs.github.com/rest/repos/webhooks]."""

from . import deliveries, hooks

ROUTES = (*deliveries.ROUTES, *hooks.ROUTES)
