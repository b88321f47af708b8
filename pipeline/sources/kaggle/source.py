"""Kaggle datasets and competitions: the version is asked for before any download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..cursor import Cursor
from ..files import FileReader, FileSource
from .client import KaggleClient, RetryPolicy
from .downloads import Downloads
from .reference import parse_reference


class KaggleSource(FileSource):
    """Tables of a dataset or competition at its current version.

    They are downloaded when that is another than the cursor's.
    """

    def __init__(
        self,
        source: str,
        folder: Path,
        environment: Mapping[str, str],
        policy: RetryPolicy,
    ) -> None:
        self._reference = parse_reference(source)
        self._client = KaggleClient(environment, policy)
        self._version: str | None = None
        downloads = Downloads(self._reference, folder, self._client)
        super().__init__(source, lambda: downloads.list_tables(self._get_version()))

    def has_new_rows(self, cursor: Cursor | None) -> bool:
        """Tell whether there are rows behind the cursor.

        One call to Kaggle where its version was read to the end; else a download.
        """
        version = self._get_version()
        if cursor is not None and cursor.version == version and _is_read(cursor):
            return False
        return super().has_new_rows(cursor)

    def update_cursor(self, cursor: Cursor) -> Cursor:
        """Return the cursor with the present version, so that it is not downloaded again."""
        return super().update_cursor(cursor)._replace(version=self._get_version())

    def open_reader(self, cursor: Cursor | None) -> FileReader:
        """Open a reader that goes on behind the cursor, and keeps the version in it."""
        return FileReader(self._list_members(cursor), cursor, self._get_version())

    def _get_version(self) -> str:
        if self._version is None:
            self._version = self._client.get_version(self._reference)
        return self._version


def _is_read(cursor: Cursor) -> bool:
    """Tell whether every file was read to its end."""
    return all(position.end is not None for position in cursor.files.values())
