"""Bundles made by tar, packed or not, read in place after their members were checked."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import IO, cast

from ...errors import SourceError
from ..cursor import digest
from ..members import Member, StreamOpener, UnpackedStream, get_natural_key, is_table
from .zips import make_packed_member

_ERRORS = (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, ValueError)


def list_tar_members(name: str, open_archive: StreamOpener) -> list[Member]:
    """Return the tables in a bundle, in natural order.

    Raises SourceError for a broken one, and for a table whose path leads out of it.
    """
    tables: dict[str, tarfile.TarInfo] = {}
    try:
        with open_archive() as stream, tarfile.open(fileobj=stream) as archive:
            for info in archive:
                if info.isfile() and is_table(info.name):
                    tables[info.name] = info
    except _ERRORS as error:
        raise SourceError(
            f"{name} is not a whole tar archive: {error}", hint="fetch it again"
        ) from error
    # A link has no bytes of its own, and a device has none at all: neither is there.
    members = []
    for path in sorted(tables, key=get_natural_key):
        _check_path(name, path)
        members.append(_make_tar_member(name, tables[path], open_archive))
    return members


def _make_tar_member(
    name: str, info: tarfile.TarInfo, open_archive: StreamOpener
) -> Member:
    def open_member() -> IO[bytes]:
        packed = open_archive()
        try:
            archive = tarfile.open(fileobj=packed)  # noqa: SIM115  # closed below
            stream = archive.extractfile(info)
        except _ERRORS as error:
            packed.close()
            raise SourceError(
                f"{name}: {info.name} cannot be unpacked: {error}"
            ) from error
        unpacked = UnpackedStream(cast("IO[bytes]", stream), archive, packed)
        return cast("IO[bytes]", unpacked)

    # A bundle has no checksum of a member; where it lies and when it was made tell
    # one from another.
    stamp = digest(f"{info.mtime} {info.size} {info.offset_data}".encode())
    return make_packed_member(name, info.name, info.size, open_member, stamp)


def _check_path(name: str, path: str) -> None:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not path.isprintable():
        raise SourceError(
            f"{name} holds {path!r}, which names a place outside of it; it is not read"
        )
