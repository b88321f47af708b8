"""REST: how much may still be called [docs.github.com/rest/rate-limit]."""

from __future__ import annotations

from ...context import AppContext
from ..calls import Call, Reply
from ..router import ANY_METHOD, Endpoint, build_routes


def get_rate_limit(context: AppContext, _: Call) -> Reply:
    """How the caller stands."""
    status = context.meter.read(context.clock.now())
    core = {
        "limit": status.limit,
        "used": status.used,
        "remaining": status.remaining,
        "reset": int(status.reset.timestamp()),
    }
    # The local GitHub counts all calls alike.
    return Reply(body={"resources": {"core": core, "search": core}, "rate": core})


# Asking for the limits is free: "does not count against your REST API rate limit".
ROUTES = build_routes(
    "",
    Endpoint(ANY_METHOD, "/rate_limit", "", get_rate_limit),
    is_metered=False,
    has_etag=False,
)
