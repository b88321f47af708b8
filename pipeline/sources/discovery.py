"""Files, folders, globs and URLs as an ordered set of tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ..errors import SourceError
from ..redaction import public
from .archives import zip_members
from .members import (
    SUFFIXES,
    Found,
    Member,
    Opener,
    hidden,
    is_table,
    member_of,
    natural,
)
from .tables import Files

SIGNS = frozenset("*?[")


def files(source: str, root: Path) -> Files:
    """The tables that a path, folder, glob or URL names. Raises SourceError where there are none."""
    if "://" not in source:
        return Files(source, lambda: _members(source, _local(source, root)))
    known: list[Member] = []

    def members() -> list[Member]:
        # Asked once a run: over a network each file costs a call.
        if not known:
            from . import remote  # noqa: PLC0415  # only where a URL is read

            known.extend(_members(public(source), remote.found(source)))
        return known

    return Files(public(source), members)


def _members(source: str, found: list[Found]) -> list[Member]:
    members: list[Member] = []
    for each in sorted(found, key=lambda each: natural(each.name)):
        if each.name.lower().endswith(".zip"):
            members += zip_members(each.name, each.open)
            continue
        member = member_of(each.name, each.size, each.open)
        members.append(
            member
            if each.stamp is None
            else member._replace(appends=False, stamp=each.stamp)
        )
    if not members:
        raise SourceError(
            f"{source} holds no table",
            hint=f"files ending in {', '.join(SUFFIXES)} are read, and CSV in .zip",
        )
    return members


def _local(source: str, root: Path) -> list[Found]:
    try:
        return [
            Found(name, path.stat().st_size, _opener(path, name))
            for path, name in _named(source, root)
        ]
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        raise SourceError(
            f"{source} cannot be read: {place}{error.strerror}"
        ) from error


def _named(source: str, root: Path) -> Iterator[tuple[Path, str]]:
    """The files that a path, a folder or a glob names, and what each is called.

    Raises OSError and SourceError.
    """
    try:
        path = root / Path(source).expanduser()
    except RuntimeError as error:
        raise SourceError(f"{source} does not exist: {error}") from error
    if path.is_file():
        found: Iterable[Path] = [path]
    elif path.is_dir():
        found = _below(path)
    else:
        found = _matching(source, path)
    yield from ((each, _name(each, root)) for each in found)


def _below(folder: Path) -> Iterator[Path]:
    def broken(error: OSError) -> None:
        # Left out in silence, its rows would be missed by nobody; one that went meanwhile has none.
        if not isinstance(error, FileNotFoundError):
            raise error

    for place, folders, names in os.walk(folder, onerror=broken):
        folders[:] = [name for name in folders if not hidden(name)]
        yield from (
            path
            for name in names
            if is_table(name) and (path := Path(place, name)).is_file()
        )


def _matching(source: str, path: Path) -> list[Path]:
    """What a glob matches.

    Folders before its first sign, and such as are called that, are taken by their name.
    """
    base, *rest = Path(path.anchor), *path.parts[bool(path.anchor) :]
    while rest and (not SIGNS & set(rest[0]) or (base / rest[0]).exists()):
        base /= rest.pop(0)
    if not rest:
        what = "is neither a file nor a folder" if base.exists() else "does not exist"
        raise SourceError(
            f"{source} {what}",
            hint="`source` is looked up from the folder with wfgen.toml",
        )
    try:
        matched = list(base.glob("/".join(rest)))
    except (ValueError, NotImplementedError) as error:
        raise SourceError(f"{source} is no glob: {error}") from error
    return [found for found in matched if is_table(found.name) and found.is_file()]


def _opener(path: Path, name: str) -> Opener:
    def opened() -> IO[bytes]:
        try:
            return path.open("rb")
        except OSError as error:
            raise SourceError(f"{name} cannot be read: {error.strerror}") from error

    return opened


def _name(path: Path, root: Path) -> str:
    """Relative to the root where it is below, so that the same checkout elsewhere goes on."""
    # A link is called what it is called: where it leads to, a store of blobs maybe, has
    # neither its ending nor lasts.
    whole, base = path.parent.resolve() / path.name, root.resolve()
    return (
        whole.relative_to(base).as_posix()
        if whole.is_relative_to(base)
        else whole.as_posix()
    )
