"""Kaggle datasets and competitions: the version is asked for before anything is downloaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import SettingsError
from ..cursor import Cursor
from ..tables import Files, Reader
from .archive import Archives
from .client import Client, Patience, Wanted

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


class KaggleFiles(Files):
    """Tables of a dataset at its current version.

    Downloaded when that is another than the cursor's.
    """

    def __init__(
        self,
        source: str,
        downloads: Path,
        environment: Mapping[str, str],
        patience: Patience,
    ) -> None:
        self._wanted = parse(source)
        self._client = Client(environment, patience)
        archives = Archives(self._wanted, downloads, self._client)
        self._version: str | None = None
        super().__init__(source, lambda: archives.tables(self._current()))

    def has_new(self, cursor: Cursor | None) -> bool:
        """One call where the version is the one that was learnt to its end.

        Else a download, and a look into it.
        """
        version = self._current()
        ended = all(
            place["end"] is not None
            for place in (cursor or {}).get("files", {}).values()
        )
        if cursor and cursor.get("version") == version and ended:
            return False
        return super().has_new(cursor)

    def looked(self, cursor: Cursor) -> Cursor:
        """The cursor with the version that was looked at: the next run need not download it again."""
        return {**super().looked(cursor), "version": self._current()}

    def reader(self, cursor: Cursor | None) -> Reader:
        """Reads on, and keeps the version in the cursor."""
        reader = super().reader(cursor)
        reader.kept = {"version": self._current()}
        return reader

    def _current(self) -> str:
        if self._version is None:
            self._version = self._client.version(self._wanted)
        return self._version
