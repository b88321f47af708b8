"""Caches in the database.

A cache is immutable per key, version and ref, looked up by prefix, and evicted when it
is idle or the repository's caches are too big
[docs.github.com, "Dependency caching reference"].
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Cache
from .database import Conditions, Database
from .files.blobs import BlobStore

# GitHub's: unused for a week, and 10 GB a repository.
MAX_IDLE = timedelta(days=7)
MAX_BYTES = 10 << 30


class CacheName(NamedTuple):
    """What a cache is saved under: `version` is the client's hash of paths and compression."""

    key: str
    version: str
    ref: str


class PendingCache(NamedTuple):
    """A cache that has been announced and is still being written."""

    id: int
    blob: str


class CacheOrder(StrEnum):
    """What finished caches are sorted by: a column, and then the id."""

    ID = "id"
    CREATED = "created_at"
    LAST_USED = "used_at"
    SIZE = "size_bytes"


class CacheFilter(NamedTuple):
    """Which finished caches to list; None leaves a field free."""

    id: int | None = None
    ref: str | None = None
    key: str | None = None
    key_prefix: str | None = None
    version: str | None = None
    blob: str | None = None
    unused_since: datetime | None = None

    def build_conditions(self) -> Conditions:
        """The WHERE clause of the query."""
        conditions = Conditions("state = 'finished'")
        conditions.require_equal("id", self.id)
        conditions.require_equal("ref", self.ref)
        conditions.require_equal("key", self.key)
        conditions.require_equal("version", self.version)
        conditions.require_equal("blob", self.blob)
        if self.key_prefix is not None:
            # Not LIKE, which takes % and _ of a key for wildcards.
            prefix = self.key_prefix
            conditions.require("substr(key, 1, length(?)) = ?", prefix, prefix)
        if self.unused_since is not None:
            conditions.require("used_at <= ?", to_micros(self.unused_since))
        return conditions


ALL_CACHES = CacheFilter()


class CacheTakenError(Exception):
    """There is, or is about to be, a cache of that key, version and ref."""


class CacheStore:
    """Caches of the repository; `max_bytes` is how much they may take together."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        clock: Clock,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._max_bytes = max_bytes

    def create(self, name: CacheName) -> PendingCache:
        """Announce a cache; raises CacheTakenError."""
        self._evict_idle()
        now = to_micros(self._clock.now())
        blob = self._blobs.make_name()
        try:
            cache_id = self._database.execute(
                """INSERT INTO caches (key, version, ref, blob, state, created_at, used_at)
                   VALUES (?, ?, ?, ?, 'pending', ?, ?)""",
                [name.key, name.version, name.ref, blob, now, now],
            )
        except sqlite3.IntegrityError:
            raise CacheTakenError(name.key) from None
        return PendingCache(cache_id, blob)

    def find_pending(self, name: CacheName) -> PendingCache | None:
        """A cache that is still being written, by its name."""
        row = self._database.row(
            """SELECT id, blob FROM caches
               WHERE key = ? AND version = ? AND ref = ? AND state = 'pending'""",
            [name.key, name.version, name.ref],
        )
        if row is None:
            return None
        return PendingCache(row["id"], row["blob"])

    def find_pending_blob(self, cache_id: int, ref: str) -> str | None:
        """The blob of a cache that is still being written, by its id."""
        row = self._database.row(
            "SELECT blob FROM caches WHERE id = ? AND ref = ? AND state = 'pending'",
            [cache_id, ref],
        )
        if row is None:
            return None
        return str(row["blob"])

    def is_open(self, blob: str) -> bool:
        """Whether a cache's bytes are still to come."""
        row = self._database.row(
            "SELECT 1 FROM caches WHERE blob = ? AND state = 'pending'", [blob]
        )
        return row is not None

    def finish(self, cache_id: int, size_bytes: int) -> None:
        """Make a cache visible, then evict the longest unused ones beyond the limit."""
        now = to_micros(self._clock.now())
        self._database.execute(
            """UPDATE caches SET state = 'finished', size_bytes = ?, used_at = ?
               WHERE id = ?""",
            [size_bytes, now, cache_id],
        )
        # GitHub evicts what was not used for longest, whatever its size.
        for cache in self.list_finished(order=CacheOrder.LAST_USED):
            if self.sum_used_bytes() <= self._max_bytes:
                break
            self.delete(cache.id)

    def restore(
        self, refs: Sequence[str], version: str, keys: Sequence[str]
    ) -> Cache | None:
        """The cache a client gets, which counts as used now; None where none matches.

        Ref by ref and key by key, an exact key before the newest that starts with it
        [docs.github.com, "Cache key matching"].
        """
        self._evict_idle()
        for ref in refs:
            # Oldest first, so that the last of those that match is the newest.
            caches = self.list_finished(CacheFilter(ref=ref, version=version))
            for key in keys:
                cache = _match_key(caches, key)
                if cache is None:
                    continue
                self._database.execute(
                    "UPDATE caches SET used_at = ? WHERE id = ?",
                    [to_micros(self._clock.now()), cache.id],
                )
                return cache
        return None

    def find_by_blob(self, blob: str) -> Cache | None:
        """The finished cache that a blob belongs to."""
        caches = self.list_finished(CacheFilter(blob=blob))
        if not caches:
            return None
        return caches[0]

    def list_finished(
        self,
        cache_filter: CacheFilter = ALL_CACHES,
        order: CacheOrder = CacheOrder.CREATED,
    ) -> list[Cache]:
        """Finished caches in ascending order."""
        conditions = cache_filter.build_conditions()
        query = conditions.complete(
            "SELECT * FROM caches", f"ORDER BY {order.value}, id"
        )
        rows = self._database.rows(query, conditions.parameters)
        return [_read_cache(row) for row in rows]

    def list_living(self) -> list[Cache]:
        """Finished caches, without those that were idle for too long, which are evicted."""
        self._evict_idle()
        return self.list_finished()

    def sum_used_bytes(self) -> int:
        """Bytes that all finished caches take."""
        return self._database.value(
            "SELECT sum(size_bytes) FROM caches WHERE state = 'finished'"
        )

    def delete(self, cache_id: int) -> None:
        """Delete a cache; KeyError where there is none."""
        caches = self.list_finished(CacheFilter(id=cache_id))
        if not caches:
            raise KeyError(cache_id)
        self._database.execute(
            "UPDATE caches SET state = 'deleted' WHERE id = ?", [cache_id]
        )
        self._blobs.remove(caches[0].blob)

    def list_needed_blobs(self) -> set[str]:
        """Blobs of caches that are there or still being written."""
        rows = self._database.rows("SELECT blob FROM caches WHERE state != 'deleted'")
        return {row["blob"] for row in rows}

    def _evict_idle(self) -> None:
        last_use = self._clock.now() - MAX_IDLE
        for cache in self.list_finished(CacheFilter(unused_since=last_use)):
            self.delete(cache.id)


def _match_key(caches: Sequence[Cache], key: str) -> Cache | None:
    """The newest cache (the last one) of a key, else the newest that starts with it."""
    for cache in reversed(caches):
        if cache.key == key:
            return cache
    for cache in reversed(caches):
        if cache.key.startswith(key):
            return cache
    return None


def _read_cache(row: sqlite3.Row) -> Cache:
    return Cache(
        id=row["id"],
        key=row["key"],
        version=row["version"],
        ref=row["ref"],
        blob=row["blob"],
        size_bytes=row["size_bytes"],
        created_at=from_micros(row["created_at"]),
        used_at=from_micros(row["used_at"]),
    )
