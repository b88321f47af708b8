"""Caches in the database.

Immutable per key, version and ref; looked up by prefix; evicted when idle or too big.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Cache
from .blobs import BlobStore
from .database import Database

IDLE = timedelta(days=7)
MAX_BYTES = 10 << 30


@dataclass(frozen=True, slots=True)
class CacheName:
    """What a cache is saved under: `version` is the client's hash of paths and compression."""

    key: str
    version: str
    ref: str


class CacheTakenError(Exception):
    """There is, or is about to be, a cache of that key, version and ref."""


class CacheStore:
    """What is known of caches.

    `max_bytes` is GitHub's 10 GB a repository unless a test says otherwise.
    """

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

    def reserve(self, name: CacheName) -> tuple[int, str]:
        """Announce a cache: its id and blob; raises CacheTakenError."""
        self._evict_idle()
        now, blob = to_micros(self._clock.now()), self._blobs.new_name()
        try:
            cache_id = self._database.execute(
                "INSERT INTO caches (key, version, ref, blob, state, created_at, used_at)"
                " VALUES (?, ?, ?, ?, 'pending', ?, ?)",
                [name.key, name.version, name.ref, blob, now, now],
            )
        except sqlite3.IntegrityError:
            raise CacheTakenError(name.key) from None
        return cache_id, blob

    def pending(self, name: CacheName) -> tuple[int, str] | None:
        """Id and blob of a cache that is still being written."""
        row = self._database.row(
            "SELECT id, blob FROM caches WHERE key = ? AND version = ? AND ref = ? AND state = 'pending'",
            [name.key, name.version, name.ref],
        )
        return (row["id"], row["blob"]) if row else None

    def pending_blob(self, cache_id: int, ref: str) -> str | None:
        """The blob of a cache that is still being written, by its id."""
        row = self._database.row(
            "SELECT blob FROM caches WHERE id = ? AND ref = ? AND state = 'pending'",
            [cache_id, ref],
        )
        return str(row["blob"]) if row else None

    def is_open(self, blob: str) -> bool:
        """Whether a cache's bytes are still to come."""
        return (
            self._database.row(
                "SELECT 1 FROM caches WHERE blob = ? AND state = 'pending'", [blob]
            )
            is not None
        )

    def finish(self, cache_id: int, size_bytes: int) -> None:
        """Make a cache visible, then evict the longest unused ones beyond the limit."""
        now = to_micros(self._clock.now())
        self._database.execute(
            "UPDATE caches SET state = 'finished', size_bytes = ?, used_at = ? WHERE id = ?",
            [size_bytes, now, cache_id],
        )
        for cache in self.select(order="used_at, id"):
            if self.used_bytes() <= self._max_bytes:
                break
            self.delete(cache.id)

    def find(
        self, refs: Sequence[str], version: str, keys: Sequence[str]
    ) -> Cache | None:
        """The cache a client gets.

        Ref by ref, key by key, an exact name before the newest that starts with it.

        Order from docs.github.com, "Cache key matching": key, prefixes of key, restore
        keys, then the next branch.
        """
        self._evict_idle()
        for ref in refs:
            held = self.select("ref = ? AND version = ?", [ref, version])
            for key in keys:
                exact = [cache for cache in held if cache.key == key]
                found = exact or [cache for cache in held if cache.key.startswith(key)]
                if found:
                    self._database.execute(
                        "UPDATE caches SET used_at = ? WHERE id = ?",
                        [to_micros(self._clock.now()), found[-1].id],
                    )
                    return found[-1]
        return None

    def by_blob(self, blob: str) -> Cache | None:
        """The finished cache that a blob belongs to."""
        found = self.select("blob = ?", [blob])
        return found[0] if found else None

    def select(
        self,
        where: str = "1",
        parameters: Sequence[object] = (),
        *,
        order: str = "created_at, id",
    ) -> list[Cache]:
        """Finished caches that a condition of ours (never a client's text) holds for.

        Oldest first.
        """
        rows = self._database.rows(
            f"SELECT * FROM caches WHERE state = 'finished' AND ({where}) ORDER BY {order}",  # noqa: S608 - our own text
            parameters,
        )
        return [_cache(row) for row in rows]

    def used_bytes(self) -> int:
        """What all finished caches take."""
        return self._database.value(
            "SELECT sum(size_bytes) FROM caches WHERE state = 'finished'"
        )

    def delete(self, cache_id: int) -> None:
        """Delete a cache; KeyError where there is none."""
        row = self._database.row(
            "SELECT blob FROM caches WHERE id = ? AND state = 'finished'", [cache_id]
        )
        if row is None:
            raise KeyError(cache_id)
        self._database.execute(
            "UPDATE caches SET state = 'deleted' WHERE id = ?", [cache_id]
        )
        self._blobs.remove(row["blob"])

    def _evict_idle(self) -> None:
        for cache in self.select("used_at <= ?", [to_micros(self._clock.now() - IDLE)]):
            self.delete(cache.id)


def _cache(row: sqlite3.Row) -> Cache:
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
