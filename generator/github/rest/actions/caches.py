"""REST: caches [docs.github.com/rest/actions/cache]."""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Cache
from ...storage.caches import CacheFilter, CacheOrder
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes

READ = "actions:read"
WRITE = "actions:write"
_ORDERS = {
    "created_at": CacheOrder.CREATED,
    "last_accessed_at": CacheOrder.LAST_USED,
    "size_in_bytes": CacheOrder.SIZE,
}


def serialize_cache(cache: Cache) -> JsonObject:
    """A cache."""
    return {
        "id": cache.id,
        "ref": cache.ref,
        "key": cache.key,
        "version": cache.version,
        "last_accessed_at": format_rfc3339(cache.used_at),
        "created_at": format_rfc3339(cache.created_at),
        "size_in_bytes": cache.size_bytes,
    }


def list_caches(context: AppContext, call: Call) -> Reply:
    """Caches whose key begins with `key`, the last used first unless told otherwise."""
    order = _ORDERS.get(call.query.get("sort", ""), CacheOrder.LAST_USED)
    cache_filter = CacheFilter(
        ref=call.query.get("ref") or None, key_prefix=call.query.get("key") or None
    )
    caches = context.caches.list_finished(cache_filter, order)
    if call.query.get("direction") != "asc":
        caches.reverse()
    return paginate(call, caches, serialize_cache, "actions_caches")


def delete_caches_by_key(context: AppContext, call: Call) -> Reply:
    """Delete the caches of a key, on one ref where it is named."""
    key = call.query.get("key")
    if not key:
        raise call.missing("key")
    cache_filter = CacheFilter(ref=call.query.get("ref") or None, key=key)
    bodies = []
    for cache in context.caches.list_finished(cache_filter, CacheOrder.ID):
        context.caches.delete(cache.id)
        bodies.append(serialize_cache(cache))
    if not bodies:
        raise call.not_found()
    return Reply(body={"total_count": len(bodies), "actions_caches": bodies})


def delete_cache(context: AppContext, call: Call) -> Reply:
    """Delete one cache."""
    call.find(context.caches.delete, "cache_id")
    return Reply(204)


def get_usage(context: AppContext, call: Call) -> Reply:
    """How much the caches take."""
    caches = context.caches.list_finished()
    body = {
        "full_name": f"{call.path['owner']}/{call.path['repo']}",
        "active_caches_size_in_bytes": sum(cache.size_bytes for cache in caches),
        "active_caches_count": len(caches),
    }
    return Reply(body=body)


ROUTES = build_routes(
    "actions/cache",
    Endpoint(
        "GET",
        "~/actions/caches",
        READ,
        list_caches,
        "list-github-actions-caches-for-a-repository",
    ),
    Endpoint(
        "DELETE",
        "~/actions/caches",
        WRITE,
        delete_caches_by_key,
        "delete-github-actions-caches-using-a-cache-key",
    ),
    Endpoint(
        "DELETE",
        "~/actions/caches/{cache_id}",
        WRITE,
        delete_cache,
        "delete-a-github-actions-cache",
    ),
    Endpoint(
        "GET",
        "~/actions/cache/usage",
        READ,
        get_usage,
        "get-github-actions-cache-usage-for-a-repository",
    ),
)
