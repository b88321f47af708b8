"""REST: caches [docs.github.com/rest/actions/cache]."""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import rfc3339
from ...core.errors import invalid, not_found
from ...core.models import Cache
from ..router import Call, Reply, listing, table, window

_SORTS = {
    "created_at": "created_at",
    "last_accessed_at": "used_at",
    "size_in_bytes": "size_bytes",
}


def cache_body(cache: Cache) -> dict[str, object]:
    """A cache as REST shows it."""
    return {
        "id": cache.id,
        "ref": cache.ref,
        "key": cache.key,
        "version": cache.version,
        "last_accessed_at": rfc3339(cache.used_at),
        "created_at": rfc3339(cache.created_at),
        "size_in_bytes": cache.size_bytes,
    }


def list_caches(context: AppContext, call: Call) -> Reply:
    """Caches, the last used first unless told otherwise."""
    found = _matching(
        context, call, _SORTS.get(call.query.get("sort", ""), "used_at"), prefix=True
    )
    if call.query.get("direction") != "asc":
        found.reverse()
    offset, limit = window(call)
    return listing(
        call,
        [cache_body(cache) for cache in found[offset : offset + limit]],
        len(found),
        "actions_caches",
    )


def _matching(
    context: AppContext, call: Call, order: str = "id", *, prefix: bool = False
) -> list[Cache]:
    key, ref = call.query.get("key", ""), call.query.get("ref", "")
    return [
        cache
        for cache in context.caches.select(order=f"{order}, id")
        if (cache.key.startswith(key) if prefix else cache.key == key)
        and ref in ("", cache.ref)
    ]


def delete_by_key(context: AppContext, call: Call) -> Reply:
    """Delete the caches of a key, on one ref where it is named."""
    if not call.query.get("key"):
        raise invalid('Invalid request.\n\n"key" wasn\'t supplied.', docs=call.docs)
    found = _matching(context, call)
    if not found:
        raise not_found(call.docs)
    for cache in found:
        context.caches.delete(cache.id)
    return Reply(
        body={
            "total_count": len(found),
            "actions_caches": [cache_body(cache) for cache in found],
        }
    )


def delete_by_id(context: AppContext, call: Call) -> Reply:
    """Delete one cache."""
    try:
        context.caches.delete(call.number("cache_id"))
    except KeyError:
        raise not_found(call.docs) from None
    return Reply(204)


def usage(context: AppContext, call: Call) -> Reply:
    """How much the caches take."""
    found = context.caches.select()
    return Reply(
        body={
            "full_name": f"{call.path['owner']}/{call.path['repo']}",
            "active_caches_size_in_bytes": sum(cache.size_bytes for cache in found),
            "active_caches_count": len(found),
        }
    )


ROUTES = table(
    "actions/cache",
    {
        "GET ~/actions/caches": (
            list_caches,
            "actions:read",
            "list-github-actions-caches-for-a-repository",
        ),
        "DELETE ~/actions/caches": (
            delete_by_key,
            "actions:write",
            "delete-github-actions-caches-using-a-cache-key",
        ),
        "DELETE ~/actions/caches/{cache_id}": (
            delete_by_id,
            "actions:write",
            "delete-a-github-actions-cache",
        ),
        "GET ~/actions/cache/usage": (
            usage,
            "actions:read",
            "get-github-actions-cache-usage-for-a-repository",
        ),
    },
)
