"""Zip archives, read in place after their members were checked."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import PurePosixPath
from typing import IO, cast

from ..errors import SourceError
from .members import Member, Opener, Unpacked, digest, hidden, natural

INSIDE = (".csv", ".tsv", ".txt")
EXPANSION = 200
"""A zip member that unpacks to more than this many times its packed size (and to more than LEAST_BOMB) is refused."""
LEAST_BOMB = 1 << 30


def zip_members(name: str, raw: Opener) -> list[Member]:
    """The tables inside an archive, read in place.

    Nothing is unpacked to disk, so no path can climb out.

    Raises SourceError for a broken archive, and for a member that names a place
    outside, is a link or expands absurdly.
    """
    try:
        with raw() as stream, zipfile.ZipFile(stream) as archive:
            inside = [info for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise SourceError(
            f"{name} is not a whole zip archive: {error}", hint="fetch it again"
        ) from error
    for info in inside:
        _check_member(name, info)
    tables = [
        info
        for info in inside
        if info.filename.lower().endswith(INSIDE) and not hidden(info.filename)
    ]
    return [
        _zip_member(name, info, raw)
        for info in sorted(tables, key=lambda info: natural(info.filename))
    ]


def _zip_member(name: str, info: zipfile.ZipInfo, raw: Opener) -> Member:
    def unpacked() -> IO[bytes]:
        below = raw()
        try:
            archive = zipfile.ZipFile(below)
            return cast("IO[bytes]", Unpacked(archive.open(info), archive, below))
        except (zipfile.BadZipFile, RuntimeError) as error:
            below.close()
            raise SourceError(
                f"{name}: {info.filename} cannot be unpacked: {error}"
            ) from error

    stamp = digest(f"{info.CRC} {info.file_size}".encode())
    return Member(
        f"{name}!{info.filename}",
        info.file_size,
        appends=False,
        open=unpacked,
        stamp=lambda: stamp,
    )


def _check_member(name: str, info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if (
        path.is_absolute()
        or ".." in path.parts
        or re.match(r"^[A-Za-z]:", info.filename)
    ):
        raise SourceError(
            f"{name} holds {info.filename!r}, which names a place outside of it; it is not read"
        )
    if not info.filename.isprintable():
        raise SourceError(
            f"{name} holds {info.filename!r}, which is no name for a file; it is not read"
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SourceError(
            f"{name} holds {info.filename!r}, which is a link; it is not read"
        )
    if info.file_size > max(LEAST_BOMB, EXPANSION * max(info.compress_size, 1)):
        raise SourceError(
            f"{name} holds {info.filename!r}, which unpacks {info.compress_size} bytes to {info.file_size}"
        )
