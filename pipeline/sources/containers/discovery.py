"""Finding the tables that a path, a folder or a glob names, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ...errors import SourceError
from ..files import FileSource
from ..formats import SUFFIXES
from ..members import (
    FoundFile,
    Member,
    StreamOpener,
    get_natural_key,
    is_hidden,
    is_table,
    make_member,
)
from .archives import is_archive, list_archive_members

GLOB_SIGNS = frozenset("*?[")


def open_files(source: str, root: Path) -> FileSource:
    """Open the tables that a path, a folder or a glob names, seen from `root`."""

    def list_members() -> list[Member]:
        return make_members(source, find_local_files(source, root))

    return FileSource(source, list_members)


def make_members(source: str, files: list[FoundFile]) -> list[Member]:
    """Return the tables in the files, in natural order.

    Raises SourceError where there are none.
    """
    members: list[Member] = []
    for file in sorted(files, key=lambda file: get_natural_key(file.name)):
        if is_archive(file.name):
            members += list_archive_members(file.name, file.open)
            continue
        member = make_member(file.name, file.size, file.open)
        if file.stamp is not None:
            member = member._replace(appends=False, stamp=file.stamp)
        members.append(member)
    if not members:
        raise SourceError(
            f"{source} holds no table",
            hint=f"files ending in {', '.join(SUFFIXES)} are read, and tables in them",
        )
    return members


def find_local_files(source: str, root: Path) -> list[FoundFile]:
    """Find the files that a path, a folder or a glob names. Raises SourceError."""
    files: list[FoundFile] = []
    try:
        for path in _find_paths(source, root):
            name = _make_name(path, root)
            size = path.stat().st_size
            files.append(FoundFile(name, size, _make_opener(path, name)))
    except OSError as error:
        place = ""
        if error.filename is not None:
            place = f"{error.filename}: "
        raise SourceError(
            f"{source} cannot be read: {place}{error.strerror}"
        ) from error
    return files


def _find_paths(source: str, root: Path) -> Iterator[Path]:
    """Find the paths that the source names. Raises OSError and SourceError."""
    try:
        path = root / Path(source).expanduser()
    except RuntimeError as error:
        raise SourceError(f"{source} does not exist: {error}") from error
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _walk_folder(path)
    else:
        yield from _match_glob(source, path)


def _walk_folder(folder: Path) -> Iterator[Path]:
    def raise_unless_gone(error: OSError) -> None:
        # The rows of a folder that may not be read would be missing without a word. One
        # that was removed meanwhile has none.
        if not isinstance(error, FileNotFoundError):
            raise error

    for parent, folders, names in os.walk(folder, onerror=raise_unless_gone):
        folders[:] = [name for name in folders if not is_hidden(name)]
        for name in names:
            path = Path(parent, name)
            if is_table(name) and path.is_file():
                yield path


def _match_glob(source: str, path: Path) -> Iterator[Path]:
    """Find the tables that a glob matches.

    Folders before its first sign are taken by their name, and so is a folder that has
    signs in its name.
    """
    base = Path(path.anchor)
    parts = list(path.parts)
    if path.anchor:
        del parts[0]
    while parts and (not GLOB_SIGNS & set(parts[0]) or (base / parts[0]).exists()):
        base /= parts.pop(0)
    if not parts:
        reason = "does not exist"
        if base.exists():
            reason = "is neither a file nor a folder"
        raise SourceError(
            f"{source} {reason}",
            hint="`source` is looked up from the folder with wfgen.toml",
        )
    try:
        matches = list(base.glob("/".join(parts)))
    except (ValueError, NotImplementedError) as error:
        raise SourceError(f"{source} is no glob: {error}") from error
    for match in matches:
        if is_table(match.name) and match.is_file():
            yield match


def _make_opener(path: Path, name: str) -> StreamOpener:
    def open_file() -> IO[bytes]:
        try:
            return path.open("rb")
        except OSError as error:
            raise SourceError(f"{name} cannot be read: {error.strerror}") from error

    return open_file


def _make_name(path: Path, root: Path) -> str:
    """Return the name of a file in cursors.

    Relative to the root where it lies below, so that a checkout elsewhere goes on.
    """
    # A link keeps its own name: its target, which may lie in a store of blobs, has
    # neither its suffix nor does it last.
    absolute, base = path.parent.resolve() / path.name, root.resolve()
    if absolute.is_relative_to(base):
        return absolute.relative_to(base).as_posix()
    return absolute.as_posix()
