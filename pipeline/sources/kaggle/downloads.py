"""Downloads from Kaggle: fetched once a version, verified, read in place.

The folder of a version holds the archive, or the few files that are asked for, and a
mark with the digest of each. Without the mark, what lies there is a part, which the
client resumes; with another digest than in the mark, it is fetched anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from ...atomic import write_atomically
from ...errors import BadDownloadError, SourceError
from ..containers.archives import is_archive, list_archive_members
from ..csv import explain_broken_file
from ..members import Member, StreamOpener, is_table, make_member
from .client import KaggleClient
from .reference import EVERY_TABLE, KaggleReference

MARK = "complete"
"""A file of this name is written beside the downloads once they are whole."""
PARTIAL_SUFFIX = ".kaggle-partial"
MOST_SINGLE_FILES = 20
"""More files than this are fetched as one archive."""
MOST_NAMES = 20
READ_BYTES = 1 << 20


class Downloads:
    """What was fetched of one dataset or competition; the newest version is kept."""

    def __init__(
        self, reference: KaggleReference, folder: Path, client: KaggleClient
    ) -> None:
        self._reference = reference
        self._folder = folder / "kaggle" / reference.folder_name
        self._client = client
        self._tables: list[Member] | None = None
        self._checked: set[str] = set()

    def list_tables(self, version: str) -> list[Member]:
        """List the tables of that version that are asked for; fetch it if need be.

        Raises BadDownloadError and SourceError.
        """
        if self._tables is None:
            self._tables = self._find_tables(version)
        return self._tables

    def check(self, members: list[Member]) -> None:
        """Unpack those tables once, which compares each with its CRC.

        Raises SourceError for what is spoilt.
        """
        for member in members:
            if member.name in self._checked:
                continue
            with explain_broken_file(member.name), member.open() as stream:
                while stream.read(READ_BYTES):
                    pass
            self._checked.add(member.name)

    def discard(self) -> None:
        """Remove what was fetched, so that it is fetched anew."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._tables = None
        self._checked.clear()

    def _find_tables(self, version: str) -> list[Member]:
        folder = self._folder / version
        mark = _read_mark(folder)
        # A few files of the version do not make all of it.
        is_other = mark.get("single") and mark.get("pattern") != self._reference.pattern
        if is_other or not _is_whole(folder):
            self._fetch(version, folder)
            self._drop_others(folder)
        try:
            members = self._list_members(folder)
        except SourceError as error:
            raise BadDownloadError(
                f"{self._reference.slug}: {error.message}",
                hint="run again to fetch it anew; if it stays so, tell its owner",
            ) from error
        names = [_get_inner_name(member) for member in members]
        wanted = set(self._reference.match(names))
        # In the order of the archive, as cursors count.
        tables = []
        for member, name in zip(members, names, strict=True):
            if name in wanted:
                tables.append(member)
        if not tables:
            raise self._make_absent_error(names)
        return tables

    def _fetch(self, version: str, folder: Path) -> None:
        """Fetch the files that are asked for, or everything as one archive."""
        names = self._choose_files(version)
        folder.mkdir(parents=True, exist_ok=True)
        what = ", ".join(names) or "everything"
        slug = self._reference.slug
        self._client.policy.say(f"Kaggle: fetching {what} of {slug}")
        # The client resumes each on its own.
        for name in names:
            self._client.download_file(self._reference, version, name, folder)
        if not names:
            self._client.download(self._reference, version, folder)
        digests = {}
        for path in _list_files(folder):
            digests[path.relative_to(folder).as_posix()] = _digest_file(path)
        mark = {"sha256": digests, "single": names}
        mark["pattern"] = self._reference.pattern
        write_atomically(folder / MARK, json.dumps(mark).encode())

    def _choose_files(self, version: str) -> list[str]:
        """Choose the files to fetch one by one; none where the archive is cheaper."""
        if self._reference.pattern == EVERY_TABLE:
            return []
        listed = self._client.list_files(self._reference, version)
        names = [file.name for file in listed]
        found = self._reference.match(names)
        if not found and names and not any(map(is_archive, names)):
            raise self._make_absent_error(names)
        if len(found) == len(names) or len(found) > MOST_SINGLE_FILES:
            return []
        return found

    def _list_members(self, folder: Path) -> list[Member]:
        """List the tables in what was fetched, named as in the whole archive.

        So that a cursor goes on however they were fetched. Raises SourceError.
        """
        single = _read_mark(folder).get("single", [])
        archive = self._reference.archive_name
        members: list[Member] = []
        for path in _list_files(folder):
            name = path.relative_to(folder).as_posix()
            open_file = _make_opener(path)
            if not single:
                members += list_archive_members(path.name, open_file)
            elif is_archive(name) and name in single:
                members += list_archive_members(f"{archive}!{name}", open_file)
            elif is_archive(name):
                # A large file comes in an archive of its own.
                packed = list_archive_members(archive, open_file)
                folders = name.rpartition("/")[0]
                for member in packed:
                    inner = f"{folders}/{_get_inner_name(member)}".strip("/")
                    members.append(member._replace(name=f"{archive}!{inner}"))
            elif is_table(name):
                member = make_member(name, path.stat().st_size, open_file)
                renamed = member._replace(name=f"{archive}!{name}", appends=False)
                members.append(renamed)
        return members

    def _drop_others(self, folder: Path) -> None:
        for other in self._folder.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)

    def _make_absent_error(self, names: list[str]) -> SourceError:
        shown = ", ".join(names[:MOST_NAMES]) or "no table at all"
        if len(names) > MOST_NAMES:
            shown += f" and {len(names) - MOST_NAMES} more"
        return SourceError(f"{self._reference.source} names no table: there is {shown}")


def _get_inner_name(member: Member) -> str:
    """Return the name in the archive; that of an archive in it counts as a folder."""
    return member.name.split("!", 1)[1].replace("!", "/")


def _make_opener(path: Path) -> StreamOpener:
    return lambda: path.open("rb")


def _is_whole(folder: Path) -> bool:
    """Tell whether what lies there is what was fetched, to the last bit.

    What is another than it was is removed; a part without a mark stays.
    """
    digests = _read_mark(folder).get("sha256")
    if not isinstance(digests, dict) or not digests:
        return False
    for name, digest in digests.items():
        path = folder / name
        if not path.is_file() or _digest_file(path) != digest:
            shutil.rmtree(folder, ignore_errors=True)
            return False
    return True


def _read_mark(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / MARK).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _list_files(folder: Path) -> list[Path]:
    """List what was fetched, without the marks of ours and of the client's."""
    files = []
    for path in sorted(folder.rglob("*")):
        is_mark = path.name == MARK or path.name.endswith(PARTIAL_SUFFIX)
        if path.is_file() and not is_mark:
            files.append(path)
    return files


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
