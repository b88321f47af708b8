"""Releases and their assets in the database: for state that has to outlive artifacts."""

from __future__ import annotations

import sqlite3
import uuid
from typing import NamedTuple, TypedDict

from ..core.clock import Clock, from_micros, from_optional_micros, to_micros
from ..core.errors import StorageFailedError
from ..core.models import Asset, Release
from .database import Conditions, Database
from .files.blobs import BlobStore, StoredBlob


class ReleaseChanges(TypedDict, total=False):
    """The fields of a release to set; absent ones stay as they are."""

    tag: str
    name: str
    body: str
    target: str
    draft: bool
    prerelease: bool


# One statement a field, as the name of a column cannot be a parameter of SQL.
_UPDATES = {
    "name": "UPDATE releases SET name = ? WHERE id = ?",
    "body": "UPDATE releases SET body = ? WHERE id = ?",
    "target": "UPDATE releases SET target = ? WHERE id = ?",
    "draft": "UPDATE releases SET draft = ? WHERE id = ?",
    "prerelease": "UPDATE releases SET prerelease = ? WHERE id = ?",
}


# On GitHub any number of drafts may have the tag of another release, as a draft has no tag
# in git yet. The column is unique, so a draft's has a line more, which no tag can have.
_PLAIN_TAG = "substr(tag, 1, instr(tag || char(10), char(10)) - 1)"


class ReleaseFilter(NamedTuple):
    """Which releases to list; None leaves a field free."""

    id: int | None = None
    tag: str | None = None
    draft: bool | None = None

    def build_conditions(self) -> Conditions:
        """The WHERE clause of the query."""
        conditions = Conditions()
        conditions.require_equal("id", self.id)
        if self.tag is not None:
            conditions.require(f"{_PLAIN_TAG} = ?", self.tag)
        conditions.require_equal("draft", self.draft)
        return conditions


ALL_RELEASES = ReleaseFilter()


class AssetFilter(NamedTuple):
    """Which assets to list; None leaves a field free."""

    id: int | None = None
    release_id: int | None = None
    name: str | None = None
    blob: str | None = None

    def build_conditions(self) -> Conditions:
        """The WHERE clause of the query."""
        conditions = Conditions()
        conditions.require_equal("id", self.id)
        conditions.require_equal("release_id", self.release_id)
        conditions.require_equal("name", self.name)
        conditions.require_equal("blob", self.blob)
        return conditions


class NewAsset(NamedTuple):
    """A file that is about to be attached to a release."""

    release_id: int
    name: str
    label: str
    content_type: str


class ReleaseTakenError(Exception):
    """Another release has the tag."""


class AssetTakenError(Exception):
    """The release has an asset of that name."""


class ReleaseStore:
    """Releases of the repository, and the blobs of their assets."""

    def __init__(self, database: Database, blobs: BlobStore, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def create(self, tag: str, author: str, fields: ReleaseChanges) -> Release | None:
        """Make a release; None where the tag has one already that is no draft."""
        now = to_micros(self._clock.now())
        is_draft = fields.get("draft", False)
        try:
            release_id = self._database.execute(
                """INSERT INTO releases (tag, draft, author, created_at)
                   VALUES (?, ?, ?, ?)""",
                [_format_tag(tag, is_draft=is_draft), is_draft, author, now],
            )
        except sqlite3.IntegrityError:
            return None
        return self.update(release_id, fields)

    def update(self, release_id: int, fields: ReleaseChanges) -> Release:
        """Set fields of a release; it is published once it is no draft.

        KeyError where there is none, ReleaseTakenError where another has the tag.
        """
        before = self.get(release_id)
        tag = fields.get("tag", before.tag)
        is_draft = fields.get("draft", before.draft)
        with self._database.transaction():
            for name, statement in _UPDATES.items():
                if name in fields:
                    self._database.execute(statement, [fields.get(name), release_id])
            if (tag, is_draft) != (before.tag, before.draft):
                self._set_tag(release_id, _format_tag(tag, is_draft=is_draft))
            self._database.execute(
                """UPDATE releases SET published_at = ?
                   WHERE id = ? AND draft = 0 AND published_at IS NULL""",
                [to_micros(self._clock.now()), release_id],
            )
        return self.get(release_id)

    def _set_tag(self, release_id: int, tag: str) -> None:
        try:
            self._database.execute(
                "UPDATE releases SET tag = ? WHERE id = ?", [tag, release_id]
            )
        except sqlite3.IntegrityError:
            raise ReleaseTakenError(tag) from None

    def get(self, release_id: int) -> Release:
        """One release; KeyError where there is none."""
        releases = self.list_releases(ReleaseFilter(id=release_id))
        if not releases:
            raise KeyError(release_id)
        return releases[0]

    def list_releases(
        self, release_filter: ReleaseFilter = ALL_RELEASES
    ) -> list[Release]:
        """Releases, newest first."""
        conditions = release_filter.build_conditions()
        query = conditions.complete("SELECT * FROM releases", "ORDER BY id DESC")
        rows = self._database.rows(query, conditions.parameters)
        return [_read_release(row) for row in rows]

    def delete(self, release_id: int) -> None:
        """Delete a release with its assets; KeyError where there is none."""
        self.get(release_id)
        for asset in self.list_assets(AssetFilter(release_id=release_id)):
            self.delete_asset(asset.id)
        self._database.execute("DELETE FROM releases WHERE id = ?", [release_id])

    def attach(
        self, new: NewAsset, blob: str, stored: StoredBlob, author: str
    ) -> Asset:
        """Enter an asset whose bytes are durable; raises AssetTakenError.

        Where it cannot be entered, its bytes go.
        """
        now = to_micros(self._clock.now())
        try:
            asset_id = self._database.execute(
                """INSERT INTO assets (release_id, name, label, content_type, blob,
                   size_bytes, digest, author, created_at, updated_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                [
                    new.release_id,
                    new.name,
                    new.label,
                    new.content_type,
                    blob,
                    stored.size_bytes,
                    f"sha256:{stored.sha256}",
                    author,
                    now,
                    now,
                ],
            )
        except sqlite3.IntegrityError:
            self._blobs.remove(blob)
            raise AssetTakenError(new.name) from None
        except StorageFailedError:
            self._blobs.remove(blob)
            raise
        return self.get_asset(asset_id)

    def get_asset(self, asset_id: int) -> Asset:
        """One asset; KeyError where there is none."""
        assets = self.list_assets(AssetFilter(id=asset_id))
        if not assets:
            raise KeyError(asset_id)
        return assets[0]

    def list_assets(self, asset_filter: AssetFilter) -> list[Asset]:
        """Assets, oldest first."""
        conditions = asset_filter.build_conditions()
        query = conditions.complete("SELECT * FROM assets", "ORDER BY id")
        rows = self._database.rows(query, conditions.parameters)
        return [_read_asset(row) for row in rows]

    def rename_asset(self, asset_id: int, name: str, label: str) -> Asset:
        """Change an asset's name and label; raises KeyError or AssetTakenError."""
        self.get_asset(asset_id)
        try:
            self._database.execute(
                "UPDATE assets SET name = ?, label = ?, updated_at = ? WHERE id = ?",
                [name, label, to_micros(self._clock.now()), asset_id],
            )
        except sqlite3.IntegrityError:
            raise AssetTakenError(name) from None
        return self.get_asset(asset_id)

    def delete_asset(self, asset_id: int) -> None:
        """Delete an asset; KeyError where there is none."""
        asset = self.get_asset(asset_id)
        self._database.execute("DELETE FROM assets WHERE id = ?", [asset_id])
        self._blobs.remove(asset.blob)

    def list_needed_blobs(self) -> set[str]:
        """Blobs of all assets."""
        rows = self._database.rows("SELECT blob FROM assets")
        return {row["blob"] for row in rows}


def _format_tag(tag: str, *, is_draft: bool) -> str:
    """A tag as the table holds it."""
    if not is_draft:
        return tag
    return f"{tag}\n{uuid.uuid4().hex}"


def _read_release(row: sqlite3.Row) -> Release:
    return Release(
        id=row["id"],
        tag=row["tag"].partition("\n")[0],
        name=row["name"],
        body=row["body"],
        target=row["target"],
        draft=bool(row["draft"]),
        prerelease=bool(row["prerelease"]),
        author=row["author"],
        created_at=from_micros(row["created_at"]),
        published_at=from_optional_micros(row["published_at"]),
    )


def _read_asset(row: sqlite3.Row) -> Asset:
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
