"""The cache service, in both versions that clients speak.

v2: Twirp, `github.actions.results.api.v1.CacheService` [actions/toolkit
packages/cache/src/generated]. v1: `_apis/artifactcache` [actions/toolkit
packages/cache/src/internal/cacheHttpClient.ts].
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..context import AppContext
from ..core.clock import rfc3339
from ..core.errors import ApiProblem, TwirpProblem
from ..core.models import Run
from ..storage.caches import CacheName, CacheTakenError
from .messages import Caller, Message, texts
from .messages import text as field

SERVICE = "github.actions.results.api.v1.CacheService"
MAX_KEY_LENGTH = 512
MAX_KEYS = 10
_V1_RANGE = re.compile(r"bytes (\d+)-(\d+)/(?:\d+|\*)")
# Who may write what the default branch restores
# [github.blog/changelog/2026-06-26-read-only-actions-cache-for-untrusted-triggers].
_TRUSTED_EVENTS = frozenset(
    {
        "push",
        "schedule",
        "workflow_dispatch",
        "repository_dispatch",
        "delete",
        "registry_package",
        "page_build",
    }
)
_READ_ONLY = "the cache is read-only for this event"
_TAKEN = "cache entry with the same key, version, and scope already exists"


def readable_refs(context: AppContext, run: Run) -> list[str]:
    """Where a run may restore from.

    Its own ref, the base branch of its pull request, the default branch.
    """
    refs = [
        run.ref,
        f"refs/heads/{run.base_branch}",
        f"refs/heads/{context.default_branch}",
    ]
    return list(dict.fromkeys(ref for ref in refs if ref != "refs/heads/"))


def may_write(context: AppContext, run: Run) -> bool:
    """Whether a run may save caches.

    Outsiders' events may not write what the default branch restores.
    """
    return (
        run.event in _TRUSTED_EVENTS
        or run.ref != f"refs/heads/{context.default_branch}"
    )


def create_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """Announce a cache and say where its bytes go."""
    name = _name(caller, message)
    if not may_write(context, caller.run):
        return {"ok": False, "message": _READ_ONLY}
    try:
        _, blob = context.caches.reserve(name)
    except CacheTakenError:
        raise TwirpProblem("already_exists", _TAKEN) from None
    return {
        "ok": True,
        "signed_upload_url": context.signed_address(caller.origin, "caches", blob, "w"),
    }


def finalize_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """Make a cache visible; its size has to be what the client says it is."""
    found = context.caches.pending(_name(caller, message))
    if found is None:
        raise TwirpProblem("not_found", "cache entry not found")
    cache_id, blob = found
    size_bytes = context.blobs.size(blob)
    if size_bytes is None or field(message, "size_bytes", "sizeBytes") not in (
        "",
        str(size_bytes),
    ):
        raise TwirpProblem("invalid_argument", "the cache's upload is not complete")
    context.caches.finish(cache_id, size_bytes)
    return {"ok": True, "entry_id": str(cache_id)}


def find_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """The cache that matches a key or one of the restore keys."""
    keys = [field(message, "key"), *texts(message, "restore_keys", "restoreKeys")]
    _check_keys(keys)
    found = context.caches.find(
        readable_refs(context, caller.run), field(message, "version"), keys
    )
    if found is None:
        return {"ok": False}
    url = context.signed_address(caller.origin, "caches", found.blob, "r")
    return {"ok": True, "signed_download_url": url, "matched_key": found.key}


METHODS = {
    "CreateCacheEntry": create_entry,
    "FinalizeCacheEntryUpload": finalize_entry,
    "GetCacheEntryDownloadURL": find_entry,
}


def v1_find(
    context: AppContext, caller: Caller, query: Mapping[str, str]
) -> Message | None:
    """What `GET cache?keys=&version=` answers; None is sent as 204."""
    keys = query.get("keys", "").split(",")
    _check_keys(keys)
    found = context.caches.find(
        readable_refs(context, caller.run), query.get("version", ""), keys
    )
    if found is None:
        return None
    return {
        "cacheKey": found.key,
        "cacheVersion": found.version,
        "scope": found.ref,
        "creationTime": rfc3339(found.created_at),
        "archiveLocation": context.signed_address(
            caller.origin, "caches", found.blob, "r"
        ),
    }


def v1_list(context: AppContext, caller: Caller, query: Mapping[str, str]) -> Message:
    """What `GET caches?key=` answers: which caches there are, for a client's diagnostics."""
    refs = readable_refs(context, caller.run)
    found = [
        cache
        for cache in context.caches.select()
        if cache.ref in refs and cache.key.startswith(query.get("key", ""))
    ]
    listed = [
        {
            "cacheKey": c.key,
            "cacheVersion": c.version,
            "scope": c.ref,
            "creationTime": rfc3339(c.created_at),
        }
        for c in found
    ]
    return {"totalCount": len(listed), "artifactCaches": listed}


def v1_reserve(context: AppContext, caller: Caller, message: Message) -> Message:
    """What `POST caches` answers."""
    name = _name(caller, message)
    if not may_write(context, caller.run):
        raise ApiProblem(403, _READ_ONLY)
    try:
        cache_id, _ = context.caches.reserve(name)
    except CacheTakenError:
        raise ApiProblem(
            409, f"Cache already exists. Scope: {name.ref}, Key: {name.key}"
        ) from None
    return {"cacheId": cache_id}


def v1_block(
    context: AppContext, caller: Caller, cache_id: int, content_range: str
) -> tuple[str, str]:
    """Where `PATCH caches/ID` puts a chunk.

    Its blob, and a block id that sorts by its place in the whole.
    """
    blob = context.caches.pending_blob(cache_id, caller.run.ref)
    found = _V1_RANGE.fullmatch(content_range)
    if blob is None or found is None:
        raise ApiProblem(400, "No such upload, or a Content-Range that is none")
    return blob, f"{int(found.group(1)):020d}"


def v1_commit(
    context: AppContext, caller: Caller, cache_id: int, message: Message
) -> None:
    """Make the chunks of a cache one and the cache visible: `POST caches/ID`."""
    blob = context.caches.pending_blob(cache_id, caller.run.ref)
    if blob is None:
        raise ApiProblem(400, "No such upload")
    try:
        stored = context.blobs.assemble_by_place(blob)
    except FileNotFoundError:
        raise ApiProblem(400, "No chunk of the cache has come") from None
    if field(message, "size") != str(stored.size_bytes):
        raise ApiProblem(400, "The chunks do not add up to the size of the cache")
    context.caches.finish(cache_id, stored.size_bytes)


def _name(caller: Caller, message: Message) -> CacheName:
    name = CacheName(field(message, "key"), field(message, "version"), caller.run.ref)
    _check_keys([name.key])
    return name


def _check_keys(keys: list[str]) -> None:
    if len(keys) > MAX_KEYS:
        raise TwirpProblem(
            "invalid_argument", f"no more than {MAX_KEYS} keys can be asked for"
        )
    if not all(0 < len(key) <= MAX_KEY_LENGTH and "," not in key for key in keys):
        raise TwirpProblem(
            "invalid_argument",
            f"a key has 1 to {MAX_KEY_LENGTH} characters and no comma",
        )
