"""Files of a source, and the files inside zip archives, each as a stream of bytes that starts where asked."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

PROBE = 4096


@dataclass(frozen=True)
class Member:
    """One stream of records. `size` is that of the container in bytes; `open` gives the unpacked bytes."""

    name: str
    size: int
    seekable: bool
    open: Callable[[], IO[bytes]]
    stamp: Callable[[], str]


def local_member(path: Path, name: str) -> Member:
    """A plain or gzipped file."""
    size = path.stat().st_size
    packed = path.name.endswith(".gz")
    return Member(name, size, not packed, lambda: _open(path, packed=packed), lambda: _stamp(path, size))


def _open(path: Path, *, packed: bool) -> IO[bytes]:
    if not packed:
        return path.open("rb")
    # Imported here: "nothing new" is known without unpacking anything.
    import gzip  # noqa: PLC0415

    return cast("IO[bytes]", gzip.open(path, "rb"))


def _stamp(path: Path, size: int) -> str:
    """Tells a container from one that was written anew: a hash of its first and last bytes."""
    with path.open("rb") as source:
        head = source.read(PROBE)
        source.seek(max(0, size - PROBE))
        return digest(head + source.read(PROBE))


def digest(content: bytes) -> str:
    """A short name of some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def checksum(content: bytes) -> int:
    """For names that need not resist forgery."""
    return zlib.crc32(content)
