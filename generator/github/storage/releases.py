"""Releases and their assets in the database: state that has to outlive artifacts is kept here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Asset, Release
from .blobs import BlobStore, Stored
from .database import Database

_EDITABLE = ("tag", "name", "body", "draft", "prerelease", "target")


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A file that is about to be attached to a release."""

    release_id: int
    name: str
    label: str
    content_type: str


class AssetTakenError(Exception):
    """The release has an asset of that name."""


class ReleaseStore:
    """What is known of releases."""

    def __init__(self, database: Database, blobs: BlobStore, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def create(self, tag: str, author: str, **fields: object) -> Release | None:
        """Make a release; None where the tag has one already."""
        now = to_micros(self._clock.now())
        try:
            release_id = self._database.execute(
                "INSERT INTO releases (tag, author, created_at) VALUES (?, ?, ?)",
                [tag, author, now],
            )
        except sqlite3.IntegrityError:
            return None
        return self.edit(release_id, **fields)

    def edit(self, release_id: int, **fields: object) -> Release:
        """Change a release's fields; it is published once it is no draft.

        KeyError where there is none.
        """
        self.get(release_id)
        with self._database.transaction():
            for name in _EDITABLE:
                if name in fields:
                    self._database.execute(
                        f"UPDATE releases SET {name} = ? WHERE id = ?",
                        [fields[name], release_id],
                    )  # noqa: S608 - one of _EDITABLE
            self._database.execute(
                "UPDATE releases SET published_at = ? WHERE id = ? AND draft = 0 AND published_at IS NULL",
                [to_micros(self._clock.now()), release_id],
            )
        return self.get(release_id)

    def get(self, release_id: int) -> Release:
        """One release; KeyError where there is none."""
        found = self.select("id = ?", [release_id])
        if not found:
            raise KeyError(release_id)
        return found[0]

    def select(
        self, where: str = "1", parameters: Sequence[object] = ()
    ) -> list[Release]:
        """Releases, newest first, that a condition of ours (never a client's text) holds for."""
        rows = self._database.rows(
            f"SELECT * FROM releases WHERE {where} ORDER BY id DESC", parameters
        )  # noqa: S608 - our own text
        return [_release(row) for row in rows]

    def delete(self, release_id: int) -> None:
        """Delete a release with its assets; KeyError where there is none."""
        self.get(release_id)
        for asset in self.assets("release_id = ?", [release_id]):
            self.delete_asset(asset.id)
        self._database.execute("DELETE FROM releases WHERE id = ?", [release_id])

    def attach(self, new: NewAsset, blob: str, stored: Stored, author: str) -> Asset:
        """Enter an asset whose bytes are durable; raises AssetTakenError."""
        now = to_micros(self._clock.now())
        try:
            asset_id = self._database.execute(
                """INSERT INTO assets (release_id, name, label, content_type, blob, size_bytes, digest, author,
                   created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                [
                    *(
                        new.release_id,
                        new.name,
                        new.label,
                        new.content_type,
                        blob,
                        stored.size_bytes,
                    ),
                    *(f"sha256:{stored.sha256}", author, now, now),
                ],
            )
        except sqlite3.IntegrityError:
            self._blobs.remove(blob)
            raise AssetTakenError(new.name) from None
        return self.asset(asset_id)

    def asset(self, asset_id: int) -> Asset:
        """One asset; KeyError where there is none."""
        found = self.assets("id = ?", [asset_id])
        if not found:
            raise KeyError(asset_id)
        return found[0]

    def assets(self, where: str, parameters: Sequence[object]) -> list[Asset]:
        """Assets, oldest first, that a condition of ours (never a client's text) holds for."""
        rows = self._database.rows(
            f"SELECT * FROM assets WHERE {where} ORDER BY id", parameters
        )  # noqa: S608 - our own text
        return [_asset(row) for row in rows]

    def rename_asset(self, asset_id: int, name: str, label: str) -> Asset:
        """Change an asset's name and label; KeyError or AssetTakenError where that cannot be."""
        self.asset(asset_id)
        try:
            self._database.execute(
                "UPDATE assets SET name = ?, label = ?, updated_at = ? WHERE id = ?",
                [name, label, to_micros(self._clock.now()), asset_id],
            )
        except sqlite3.IntegrityError:
            raise AssetTakenError(name) from None
        return self.asset(asset_id)

    def delete_asset(self, asset_id: int) -> None:
        """Delete an asset; KeyError where there is none."""
        asset = self.asset(asset_id)
        self._database.execute("DELETE FROM assets WHERE id = ?", [asset_id])
        self._blobs.remove(asset.blob)


def _release(row: sqlite3.Row) -> Release:
    return Release(
        id=row["id"],
        tag=row["tag"],
        name=row["name"],
        body=row["body"],
        target=row["target"],
        draft=bool(row["draft"]),
        prerelease=bool(row["prerelease"]),
        author=row["author"],
        created_at=from_micros(row["created_at"]),
        published_at=None
        if row["published_at"] is None
        else from_micros(row["published_at"]),
    )


def _asset(row: sqlite3.Row) -> Asset:
    return Asset(
        id=row["id"],
        release_id=row["release_id"],
        name=row["name"],
        label=row["label"],
        content_type=row["content_type"],
        blob=row["blob"],
        size_bytes=row["size_bytes"],
        digest=row["digest"],
        author=row["author"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
