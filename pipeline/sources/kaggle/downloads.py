"""Archives from Kaggle: downloaded once a version, resumed after a cut, read in place."""

from __future__ import annotations

import shutil
from fnmatch import fnmatch
from pathlib import Path

from ...errors import BadDownloadError, SourceError
from ..archives import list_zip_members
from ..members import Member
from .client import KaggleClient
from .reference import KaggleReference

COMPLETE_MARK = "complete"
"""A file of this name is made beside an archive once that is whole."""


class Downloads:
    """The archives of one dataset or competition; the newest complete one is kept."""

    def __init__(
        self, reference: KaggleReference, folder: Path, client: KaggleClient
    ) -> None:
        self._reference = reference
        self._folder = folder / "kaggle" / reference.folder_name
        self._client = client

    def list_tables(self, version: str) -> list[Member]:
        """List the tables of that version that are asked for; download it if need be.

        Raises BadDownloadError and SourceError.
        """
        archive = self._download(version)
        try:
            members = list_zip_members(archive.name, lambda: archive.open("rb"))
        except SourceError as error:
            # Without the archive, the next run downloads it anew.
            archive.unlink(missing_ok=True)
            raise BadDownloadError(
                f"{self._reference.slug}: {error.message}",
                hint="run again to fetch it anew; if it stays so, tell its owner",
            ) from error
        pattern = self._reference.pattern
        tables = [
            table for table in members if fnmatch(_get_inner_name(table), pattern)
        ]
        if not tables:
            names = ", ".join(map(_get_inner_name, members)) or "no table at all"
            raise SourceError(
                f"{self._reference.source} names no table: the archive holds {names}"
            )
        return tables

    def _download(self, version: str) -> Path:
        """Return the archive of that version; older ones are removed once it is whole."""
        folder = self._folder / version
        archive = folder / self._reference.archive_name
        mark = folder / COMPLETE_MARK
        if mark.exists() and archive.exists():
            return archive
        # Without the mark, the folder may hold a part, which the client resumes.
        folder.mkdir(parents=True, exist_ok=True)
        self._client.download(self._reference, version, folder)
        mark.touch()
        for other in self._folder.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        return archive


def _get_inner_name(member: Member) -> str:
    return member.name.split("!", 1)[1]
