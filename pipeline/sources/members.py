"""Files of a source.

The files inside zip archives, each as a stream of bytes that starts at its beginning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple, Self, cast

if TYPE_CHECKING:
    from zipfile import ZipFile

PROBE = 4096
SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".csv.gz",
    ".tsv.gz",
    ".txt.gz",
    ".zip",
    ".parquet",
    ".pq",
)

Opener = Callable[[], IO[bytes]]


class Found(NamedTuple):
    """A file before anything is known of what it holds.

    A `stamp` of its own where it comes only as a whole.
    """

    name: str
    size: int
    open: Opener
    stamp: Callable[[], str] | None = None


class Member(NamedTuple):
    """One table. `size` is that of the container in bytes; `open` gives its unpacked bytes.

    `appends` says that a longer container must start with the bytes of the shorter one:
    plain files do, packed ones and Parquet are written anew as a whole when they grow.
    """

    name: str
    size: int
    appends: bool
    open: Callable[[], IO[bytes]]
    stamp: Callable[[], str]
    parquet: bool = False


def member_of(name: str, size: int, raw: Callable[[], IO[bytes]]) -> Member:
    """A plain or gzipped file, or one of Parquet, by its name."""
    packed = name.lower().endswith(".gz")
    parquet = name.lower().endswith((".parquet", ".pq"))
    return Member(
        name,
        size,
        not packed and not parquet,
        lambda: _unpacked(raw, packed=packed),
        lambda: _stamp(raw, size),
        parquet,
    )


def local_member(path: Path, name: str) -> Member:
    """A file on this machine. Raises OSError."""
    return member_of(name, path.stat().st_size, lambda: path.open("rb"))


def _unpacked(raw: Callable[[], IO[bytes]], *, packed: bool) -> IO[bytes]:
    if not packed:
        return raw()
    # Imported here: "nothing new" is known without unpacking anything.
    import gzip  # noqa: PLC0415

    below = raw()
    return cast(
        "IO[bytes]", Unpacked(cast("IO[bytes]", gzip.GzipFile(fileobj=below)), below)
    )


class Unpacked:
    """An unpacked stream that closes what lies below it too.

    As neither gzip nor zipfile does of itself.
    """

    def __init__(self, stream: IO[bytes], *below: IO[bytes] | ZipFile) -> None:
        self._stream = stream
        self._below = below
        self.read = stream.read
        self.readline = stream.readline
        self.seek = stream.seek

    def close(self) -> None:
        """Close all of it."""
        for each in (self._stream, *self._below):
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _stamp(raw: Callable[[], IO[bytes]], size: int) -> str:
    """Tells a container from one that was written anew: a hash of its first and last bytes."""
    with raw() as source:
        head = source.read(PROBE)
        source.seek(max(0, size - PROBE))
        return digest(head + source.read(PROBE))


def digest(content: bytes) -> str:
    """A short name of some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def is_table(name: str) -> bool:
    """Whether a file below a folder is one to read, by its name."""
    return name.lower().endswith(SUFFIXES) and not hidden(name)


def hidden(name: str) -> bool:
    """Whether a name below a folder is one that tables are not looked for under."""
    return any(
        part.startswith((".", "__MACOSX"))
        for part in PurePosixPath(name.lstrip("/")).parts
    )


def natural(name: str) -> list[tuple[int, str]]:
    """What to sort names by: part-2 before part-10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", name)
    ]
