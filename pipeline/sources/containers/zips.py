"""Zip archives, read in place after their members were checked."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO, cast

from ...errors import SourceError
from ..cursor import digest
from ..formats import PARQUET, SUFFIXES
from ..members import (
    Member,
    StreamOpener,
    UnpackedStream,
    get_natural_key,
    is_hidden,
    make_member,
)

MAX_EXPANSION = 200
"""A member that unpacks to more than this many times its packed size is refused."""
LEAST_BOMB_BYTES = 1 << 30
"""Members that unpack to less than this are read however well they are packed."""

FILE_TYPES = (0, stat.S_IFREG, stat.S_IFDIR)
"""Of members that are read; an archive that was not made on Unix has none (0)."""
LISTING_ERRORS = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    NotImplementedError,
    # Names in no encoding, and offsets that lie outside of the file.
    ValueError,
    struct.error,
)
# RuntimeError: the member is encrypted, or packed in a way that zipfile does not know.
OPENING_ERRORS = (*LISTING_ERRORS, RuntimeError)


def list_zip_members(name: str, open_archive: StreamOpener) -> list[Member]:
    """Return the tables in an archive, in natural order.

    Nothing is unpacked to disk. Raises SourceError for a broken archive, and for a
    member whose path leads out of it, that is a link, or that expands absurdly.
    """
    try:
        with open_archive() as stream, zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
    except LISTING_ERRORS as error:
        raise SourceError(
            f"{name} is not a whole zip archive: {error}", hint="fetch it again"
        ) from error
    tables: list[zipfile.ZipInfo] = []
    seen: set[str] = set()
    for info in infos:
        # What is no table is never unpacked, whatever it is.
        if not info.filename.lower().endswith(SUFFIXES):
            continue
        _check_member(name, info)
        if is_hidden(info.filename):
            continue
        if info.filename in seen:
            raise SourceError(
                f"{name} holds {info.filename!r} twice; it is not read",
                hint="pack it again",
            )
        seen.add(info.filename)
        tables.append(info)
    tables.sort(key=lambda info: get_natural_key(info.filename))
    return [_make_zip_member(name, info, open_archive) for info in tables]


def _make_zip_member(
    name: str, info: zipfile.ZipInfo, open_archive: StreamOpener
) -> Member:
    def open_member() -> IO[bytes]:
        packed = open_archive()
        try:
            archive = zipfile.ZipFile(packed)
            stream = archive.open(info)
        except OPENING_ERRORS as error:
            packed.close()
            raise SourceError(
                f"{name}: {info.filename} cannot be unpacked: {error}"
            ) from error
        return cast("IO[bytes]", UnpackedStream(stream, archive, packed))

    stamp = digest(f"{info.CRC} {info.file_size}".encode())
    return make_packed_member(name, info.filename, info.file_size, open_member, stamp)


def make_packed_member(
    archive: str, name: str, size: int, open_member: StreamOpener, stamp: str
) -> Member:
    """Return a table in an archive, which cannot grow there."""
    member = make_member(name, size, open_member)
    if member.format is PARQUET:
        opener = _make_spooler(member.open)
        member = member._replace(open=opener)
    return member._replace(name=f"{archive}!{name}", appends=False, stamp=lambda: stamp)


def _make_spooler(open_member: StreamOpener) -> StreamOpener:
    """Let a file that is read from its end be unpacked as a whole first."""

    def open_spooled() -> IO[bytes]:
        import tempfile  # noqa: PLC0415  # a run that finds nothing new needs none

        file = tempfile.TemporaryFile()  # noqa: SIM115  # its reader closes it
        with open_member() as stream:
            shutil.copyfileobj(stream, file)
        file.seek(0)
        return file

    return open_spooled


def _check_member(name: str, info: zipfile.ZipInfo) -> None:
    """Raise SourceError for a member that is not to be read."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    has_drive = re.match(r"^[A-Za-z]:", info.filename)
    if path.is_absolute() or ".." in path.parts or has_drive:
        raise SourceError(
            f"{name} holds {info.filename!r}, which names a place outside of it; "
            "it is not read"
        )
    if not info.filename or not info.filename.isprintable():
        raise SourceError(
            f"{name} holds {info.filename!r}, which is no name for a file; "
            "it is not read"
        )
    # The upper half of the external attributes is the mode of the file on Unix.
    file_type = stat.S_IFMT(info.external_attr >> 16)
    if file_type not in FILE_TYPES:
        kind = "a link" if file_type == stat.S_IFLNK else "no file"
        raise SourceError(
            f"{name} holds {info.filename!r}, which is {kind}; it is not read"
        )
    most = max(LEAST_BOMB_BYTES, MAX_EXPANSION * max(info.compress_size, 1))
    if info.file_size > most:
        raise SourceError(
            f"{name} holds {info.filename!r}, which unpacks {info.compress_size} "
            f"bytes to {info.file_size}"
        )
