"""Archives from Kaggle.

Fetched once a version, gone on with after a cut, checked before they are read in place.
"""

from __future__ import annotations

import fnmatch
import shutil
from pathlib import Path

from ...errors import BadDownloadError, SourceError
from ..archives import list_zip_members
from ..members import Member
from .client import Client, Wanted


class Archives:
    """The archives of one dataset or competition below `downloads`; the newest whole one is kept."""

    def __init__(self, wanted: Wanted, downloads: Path, client: Client) -> None:
        self._wanted = wanted
        self._folder = downloads / "kaggle" / wanted.slug.replace("/", "__")
        self._client = client

    def tables(self, version: str) -> list[Member]:
        """The tables that are wanted of that version, downloaded if need be.

        Raises BadDownloadError or SourceError.
        """
        archive = self._fetched(version)
        try:
            members = list_zip_members(archive.name, lambda: archive.open("rb"))
        except SourceError as error:
            # Gone, so that the next run fetches it anew instead of stumbling over it again.
            archive.unlink(missing_ok=True)
            raise BadDownloadError(
                f"{self._wanted.slug}: {error.message}",
                hint="run again to fetch it anew; if it stays so, tell its owner",
            ) from error
        found = [
            member
            for member in members
            if fnmatch.fnmatch(_inside(member), self._wanted.pattern)
        ]
        if not found:
            names = ", ".join(map(_inside, members)) or "no table at all"
            raise SourceError(
                f"{self._wanted.source} names no table: the archive holds {names}"
            )
        return found

    def _fetched(self, version: str) -> Path:
        """The archive of that version; older ones go once it is whole."""
        folder = self._folder / version
        archive = folder / f"{self._wanted.slug.rsplit('/', 1)[-1]}.zip"
        done = folder / "complete"
        if not (done.exists() and archive.exists()):
            folder.mkdir(parents=True, exist_ok=True)
            self._client.download(self._wanted, version, folder)
            done.touch()
            for other in self._folder.iterdir():
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)
        return archive


def _inside(member: Member) -> str:
    return member.name.split("!", 1)[1]
