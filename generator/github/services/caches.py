"""The cache service, in both versions that clients speak.

v2: Twirp, `github.actions.results.api.v1.CacheService` [actions/toolkit
packages/cache/src/generated]. v1: `_apis/artifactcache` [actions/toolkit
packages/cache/src/internal/cacheHttpClient.ts].
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..context import AppContext
from ..core.clock import format_rfc3339
from ..core.errors import ApiError, TwirpError
from ..core.models import Cache, Run
from ..core.names import has_control_characters
from ..storage.caches import CacheFilter, CacheName, CacheTakenError
from ..storage.files.blobs import format_offset
from .twirp_messages import Caller, Message, read_text, read_texts

SERVICE = "github.actions.results.api.v1.CacheService"
MAX_KEY_LENGTH = 512
MAX_KEYS = 10
# As many digits as the id of a block has, see `format_offset`.
_V1_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:[0-9]{1,18}|\*)")
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


def list_readable_refs(context: AppContext, run: Run) -> list[str]:
    """Where a run may restore from, in the order that GitHub looks.

    Its own ref, the base branch of its pull request, the default branch
    [docs.github.com, "Restrictions for accessing a cache"].
    """
    refs = [run.ref]
    for branch in (run.base_branch, context.default_branch):
        ref = f"refs/heads/{branch}"
        if branch and ref not in refs:
            refs.append(ref)
    return refs


def can_write(context: AppContext, run: Run) -> bool:
    """Whether a run may save caches: outsiders' events not what the default branch restores."""
    if run.event in _TRUSTED_EVENTS:
        return True
    return run.ref != f"refs/heads/{context.default_branch}"


def create_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """Announce a cache and say where its bytes go."""
    name = _read_name(caller, message)
    if not can_write(context, caller.run):
        return {"ok": False, "message": _READ_ONLY}
    try:
        pending = context.caches.create(name)
    except CacheTakenError:
        raise TwirpError("already_exists", _TAKEN) from None
    address = context.signed_address(caller.origin, "caches", pending.blob, "w")
    return {"ok": True, "signed_upload_url": address}


def finalize_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """Make a cache visible; its size has to be what the client says it is."""
    pending = context.caches.find_pending(_read_name(caller, message))
    if pending is None:
        raise TwirpError("not_found", "cache entry not found")
    size_bytes = context.blobs.get_size(pending.blob)
    expected = read_text(message, "size_bytes", "sizeBytes")
    if size_bytes is None or expected not in ("", str(size_bytes)):
        raise TwirpError("invalid_argument", "the cache's upload is not complete")
    context.caches.finish(pending.id, size_bytes)
    return {"ok": True, "entry_id": str(pending.id)}


def find_entry(context: AppContext, caller: Caller, message: Message) -> Message:
    """Where the cache that matches the key or one of the restore keys can be fetched."""
    keys = [
        read_text(message, "key"),
        *read_texts(message, "restore_keys", "restoreKeys"),
    ]
    _check_keys(keys)
    refs = list_readable_refs(context, caller.run)
    cache = context.caches.restore(refs, read_text(message, "version"), keys)
    if cache is None:
        return {"ok": False}
    address = context.signed_address(caller.origin, "caches", cache.blob, "r")
    return {"ok": True, "signed_download_url": address, "matched_key": cache.key}


METHODS = {
    "CreateCacheEntry": create_entry,
    "FinalizeCacheEntryUpload": finalize_entry,
    "GetCacheEntryDownloadURL": find_entry,
}


def find_v1(
    context: AppContext, caller: Caller, query: Mapping[str, str]
) -> Message | None:
    """What `GET cache?keys=&version=` answers; None is sent as 204."""
    keys = query.get("keys", "").split(",")
    _check_keys(keys)
    refs = list_readable_refs(context, caller.run)
    cache = context.caches.restore(refs, query.get("version", ""), keys)
    if cache is None:
        return None
    address = context.signed_address(caller.origin, "caches", cache.blob, "r")
    return _describe_v1(cache) | {"archiveLocation": address}


def list_v1(context: AppContext, caller: Caller, query: Mapping[str, str]) -> Message:
    """What `GET caches?key=` answers: which caches there are, for a client's diagnostics."""
    refs = list_readable_refs(context, caller.run)
    cache_filter = CacheFilter(key_prefix=query.get("key", ""))
    caches = context.caches.list_finished(cache_filter)
    bodies = [_describe_v1(cache) for cache in caches if cache.ref in refs]
    return {"totalCount": len(bodies), "artifactCaches": bodies}


def _describe_v1(cache: Cache) -> dict[str, object]:
    return {
        "cacheKey": cache.key,
        "cacheVersion": cache.version,
        "scope": cache.ref,
        "creationTime": format_rfc3339(cache.created_at),
    }


def reserve_v1(context: AppContext, caller: Caller, message: Message) -> Message:
    """What `POST caches` answers."""
    name = _read_name(caller, message)
    if not can_write(context, caller.run):
        raise ApiError(403, _READ_ONLY)
    try:
        pending = context.caches.create(name)
    except CacheTakenError:
        raise ApiError(
            409, f"Cache already exists. Scope: {name.ref}, Key: {name.key}"
        ) from None
    return {"cacheId": pending.id}


def locate_v1_chunk(
    context: AppContext, caller: Caller, cache_id: int, content_range: str
) -> tuple[str, str]:
    """Where `PATCH caches/ID` puts a chunk: the blob, and the id of the block in it."""
    blob = context.caches.find_pending_blob(cache_id, caller.run.ref)
    match = _V1_RANGE.fullmatch(content_range)
    if blob is None or match is None:
        raise ApiError(400, "No such upload, or a Content-Range that is none")
    return blob, format_offset(int(match[1]))


def commit_v1(
    context: AppContext, caller: Caller, cache_id: int, message: Message
) -> None:
    """Make the chunks of a cache one and the cache visible: `POST caches/ID`."""
    blob = context.caches.find_pending_blob(cache_id, caller.run.ref)
    if blob is None:
        raise ApiError(400, "No such upload")
    try:
        stored = context.blobs.assemble_by_offset(blob)
    except FileNotFoundError:
        raise ApiError(400, "No chunk of the cache has come") from None
    if read_text(message, "size") != str(stored.size_bytes):
        raise ApiError(400, "The chunks do not add up to the size of the cache")
    context.caches.finish(cache_id, stored.size_bytes)


def _read_name(caller: Caller, message: Message) -> CacheName:
    name = CacheName(
        read_text(message, "key"), read_text(message, "version"), caller.run.ref
    )
    _check_keys([name.key])
    return name


def _check_keys(keys: list[str]) -> None:
    if len(keys) > MAX_KEYS:
        message = f"no more than {MAX_KEYS} keys can be asked for"
        raise TwirpError("invalid_argument", message)
    for key in keys:
        # The first version of the protocol separates keys by commas.
        if not 0 < len(key) <= MAX_KEY_LENGTH or "," in key:
            message = f"a key has 1 to {MAX_KEY_LENGTH} characters and no comma"
            raise TwirpError("invalid_argument", message)
        if has_control_characters(key):
            message = "a key holds no control characters"
            raise TwirpError("invalid_argument", message)
