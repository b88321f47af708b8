"""Kaggle datasets and competitions: the version is asked for before anything is downloaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import SettingsError
from ..cursor import Cursor
from ..files import FileReader, FileSource
from .archive import Archives
from .client import Client, RetryPolicy, Wanted

PREFIX = "kaggle:"


def parse(source: str) -> Wanted:
    """`kaggle:OWNER/DATASET[/TABLES]` or `kaggle:competitions/NAME[/TABLES]`.

    Raises SettingsError.
    """
    parts = source.removeprefix(PREFIX).split("/", 2)
    if len(parts) < 2 or not all(
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", part) for part in parts[:2]
    ):  # noqa: PLR2004
        raise SettingsError(
            f"`source` is {source!r}",
            hint="kaggle:OWNER/DATASET, kaggle:OWNER/DATASET/TABLE.csv or kaggle:competitions/NAME",
        )
    pattern = parts[2] if len(parts) > 2 else "*"  # noqa: PLR2004  # owner, dataset, tables
    if parts[0] == "competitions":
        return Wanted(source, parts[1], competition=True, pattern=pattern)
    return Wanted(source, f"{parts[0]}/{parts[1]}", competition=False, pattern=pattern)


class KaggleSource(FileSource):
    """Tables of a dataset at its current version.

    Downloaded when that is another than the cursor's.
    """

    def __init__(
        self,
        source: str,
        downloads: Path,
        environment: Mapping[str, str],
        policy: RetryPolicy,
    ) -> None:
        self._wanted = parse(source)
        self._client = Client(environment, policy)
        archives = Archives(self._wanted, downloads, self._client)
        self._version: str | None = None
        super().__init__(source, lambda: archives.tables(self._get_version()))

    def has_new_rows(self, cursor: Cursor | None) -> bool:
        """Tell whether there are rows behind the cursor.

        One call to Kaggle where its version was read to the end; else a download.
        """
        version = self._get_version()
        if cursor is not None and cursor.version == version and _is_read(cursor):
            return False
        return super().has_new_rows(cursor)

    def update_cursor(self, cursor: Cursor) -> Cursor:
        """Return the cursor with the present version: the next run need not download it."""
        return super().update_cursor(cursor)._replace(version=self._get_version())

    def open_reader(self, cursor: Cursor | None) -> FileReader:
        """Open a reader that goes on behind the cursor, and keeps the version in it."""
        return FileReader(self._list_members(), cursor, self._get_version())

    def _get_version(self) -> str:
        if self._version is None:
            self._version = self._client.version(self._wanted)
        return self._version


def _is_read(cursor: Cursor) -> bool:
    """Tell whether every file was read to its end."""
    return all(position.end is not None for position in cursor.files.values())
