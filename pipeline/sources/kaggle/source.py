"""Kaggle datasets and competitions: the version is asked for before any download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from ...errors import BadDownloadError, SourceError
from ..csv import is_broken_file
from ..cursor import Cursor
from ..files import FileReader, FileSource
from ..members import Member
from .client import KaggleClient, RetryPolicy
from .downloads import Downloads
from .reference import parse_reference

T = TypeVar("T")


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
        self._downloads = Downloads(self._reference, folder, self._client)
        super().__init__(
            source, lambda: self._downloads.list_tables(self._get_version())
        )

    def has_new_rows(self, cursor: Cursor | None) -> bool:
        """Tell whether there are rows behind the cursor.

        One call to Kaggle where its version was read to the end; else a download.
        """
        version = self._get_version()
        if cursor is not None and cursor.version == version and _is_read(cursor):
            return False
        return super().has_new_rows(cursor)

    def follow_files(self, cursor: Cursor) -> Cursor:
        """Return the cursor by the present names, where its version is another."""
        if cursor.version == self._get_version() and _is_read(cursor):
            return cursor
        follow = super().follow_files
        return self._heal(lambda: follow(cursor))

    def update_cursor(self, cursor: Cursor) -> Cursor:
        """Return the cursor with the present version, so that it is not downloaded again."""
        return super().update_cursor(cursor)._replace(version=self._get_version())

    def open_reader(self, cursor: Cursor | None) -> FileReader:
        """Open a reader that goes on behind the cursor, and keeps the version in it."""
        return FileReader(self._list_members(cursor), cursor, self._get_version())

    def name_table(self, member: Member) -> str:
        """Return what to set `source` to, for that table alone."""
        return self._reference.name_table(
            member.name.split("!", 1)[-1].replace("!", "/")
        )

    def _list_members(self, cursor: Cursor | None) -> list[Member]:
        """List the tables to read, each unpacked once to see that it is whole."""
        list_members = super()._list_members

        def list_whole_members() -> list[Member]:
            members = list_members(cursor)
            self._downloads.check(members)
            return members

        return self._heal(list_whole_members)

    def _heal(self, look: Callable[[], T]) -> T:
        """Look into what was fetched; what is spoilt is fetched once more."""
        try:
            return look()
        except SourceError as error:
            if not is_broken_file(error):
                raise
        except BadDownloadError:
            # What is downloaded next may be whole.
            pass
        # Once more in the same run: the next night would meet the same bytes.
        self._downloads.discard()
        try:
            return look()
        except SourceError as error:
            if not is_broken_file(error):
                raise
            self._downloads.discard()
            raise BadDownloadError(
                f"{self._reference.slug}: {error.message}",
                hint="it was fetched twice; tell its owner",
            ) from error

    def _get_version(self) -> str:
        if self._version is None:
            self._version = self._client.get_version(self._reference)
        return self._version


def _is_read(cursor: Cursor) -> bool:
    """Tell whether every file was read to its end."""
    return all(position.end is not None for position in cursor.files.values())
