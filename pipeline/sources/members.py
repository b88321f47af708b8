"""The files of a source, and those inside its archives, as streams of bytes."""

# Without `from __future__ import annotations`: named tuples made of texts take three
# times as long to make, and every run that finds nothing new makes these.

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple, Self, cast

from ..errors import PipelineError
from .cursor import PROBE_BYTES, digest
from .formats import CONVERTED_SUFFIXES, PACKINGS, SUFFIXES, TableFormat, find_format

if TYPE_CHECKING:
    from tarfile import TarFile
    from zipfile import ZipFile

StreamOpener = Callable[[], IO[bytes]]


class FoundFile(NamedTuple):
    """A file, before anything is known of its contents.

    `stamp` is set where the file cannot be read in parts.
    """

    name: str
    size: int
    open: StreamOpener
    stamp: Callable[[], str] | None = None


class CsvOptions(NamedTuple):
    """How CSV is read, as the settings say; empty texts are found out.

    `skip_rows` lines stand above the header. A last line without its end is not read
    from a file that may grow, unless `takes_last_line`.
    """

    encoding: str = ""
    delimiter: str = ""
    skip_rows: int = 0
    takes_last_line: bool = False


DETECTED = CsvOptions()


class Member(NamedTuple):
    """One table.

    `size` is that of its file in bytes; `open` returns its unpacked bytes, from their
    start. With `appends`, a file that grew must start with the bytes it had before.
    `stamp` changes when the file is written anew.
    """

    name: str
    size: int
    appends: bool
    open: StreamOpener
    stamp: Callable[[], str]
    format: TableFormat
    options: CsvOptions = DETECTED

    @property
    def is_growing(self) -> bool:
        """Whether a last line without its end is to wait for it."""
        return self.appends and not self.options.takes_last_line


def make_member(name: str, size: int, open_file: StreamOpener) -> Member:
    """Return the table in a file, in the format and the packing that its name says."""
    table_format = find_format(name)
    plain, dot, packing = name.lower().rpartition(".")
    is_packed = dot + packing in PACKINGS
    if not is_packed:
        plain = name.lower()
    is_converted = plain.endswith(CONVERTED_SUFFIXES)

    def open_unpacked() -> IO[bytes]:
        stream = open_file()
        if is_packed:
            stream = _unpack(stream, packing)
        if is_converted:
            stream = _convert(stream, name)
        return stream

    return Member(
        name,
        size,
        table_format.appends and not is_packed and not plain.endswith(".xlsx"),
        open_unpacked,
        lambda: make_stamp(open_file, size),
        table_format,
    )


def make_local_member(path: Path, name: str) -> Member:
    """Return the table in a local file. Raises OSError."""
    return make_member(name, path.stat().st_size, lambda: path.open("rb"))


def _unpack(packed: IO[bytes], packing: str) -> IO[bytes]:
    import bz2  # noqa: PLC0415  # a run that finds nothing new unpacks nothing
    import gzip  # noqa: PLC0415  # as above
    import lzma  # noqa: PLC0415  # as above

    openers: dict[str, Callable[[IO[bytes]], object]]
    openers = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    stream = cast("IO[bytes]", openers[packing](packed))
    return cast("IO[bytes]", UnpackedStream(stream, packed))


def _convert(stream: IO[bytes], name: str) -> IO[bytes]:
    from .converted.rows import open_json_lines, open_workbook  # noqa: PLC0415  # as above

    try:
        if name.lower().endswith(".xlsx"):
            return open_workbook(stream)
        return open_json_lines(stream)
    except PipelineError as error:
        stream.close()
        raise type(error)(f"{name}: {error.message}", hint=error.hint) from error


class UnpackedStream:
    """An unpacked stream that closes the streams it reads from too.

    Neither gzip nor zipfile closes a stream that was handed to it.
    """

    def __init__(
        self, stream: IO[bytes], *parents: "IO[bytes] | ZipFile | TarFile"
    ) -> None:
        self._stream = stream
        self._streams = (stream, *parents)
        self.read = stream.read
        self.readline = stream.readline
        self.seek = stream.seek

    def tell(self) -> int:
        """Return the position: an archive in an archive is gone through from its end."""
        return self._stream.tell()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can go back, if by unpacking anew."""
        return True

    def close(self) -> None:
        """Close all of them, the unpacked one first."""
        for stream in self._streams:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def make_stamp(open_file: StreamOpener, size: int) -> str:
    """Digest the first and the last bytes of a file of `size` bytes."""
    with open_file() as stream:
        head = stream.read(PROBE_BYTES)
        stream.seek(max(0, size - PROBE_BYTES))
        return digest(head + stream.read(PROBE_BYTES))


def is_table(name: str) -> bool:
    """Tell by its name whether a file in a folder is one to read."""
    return name.lower().endswith(SUFFIXES) and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Tell whether a path in a folder or an archive is passed over, with all below it."""
    parts = PurePosixPath(name.lstrip("/")).parts
    # macOS puts a folder __MACOSX with resource forks into its archives.
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def get_natural_key(name: str) -> list[tuple[int, str]]:
    """Return what to sort a name by, so that part-2 comes before part-10."""
    key = []
    for part in re.split(r"(\d+)", name):
        if part.isdecimal():
            key.append((int(part), ""))
        else:
            key.append((-1, part))
    return key
