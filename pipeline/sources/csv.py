"""Where a CSV file starts and where reading goes on; parsing rows is in `csv_table`.

Neither numpy nor pandas is imported: a run that finds nothing new gets by with this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from ..errors import SourceError
from .cursor import (
    PROBE_BYTES,
    ByteMark,
    FilePosition,
    RowMark,
    digest,
    rewritten_error,
)

if TYPE_CHECKING:
    from .members import Member

DELIMITERS = ",;\t|"
LINE_END_HINT = "lines have to end in LF or CR LF"


class Header(NamedTuple):
    """The first record of a file: its bytes, the names in it, and what separates them."""

    content: bytes
    columns: list[str]
    delimiter: str


class OpenCsv(NamedTuple):
    """An unpacked stream that stands at the position, which lies behind the header."""

    stream: IO[bytes]
    header: Header
    position: FilePosition


def open_csv(member: Member, position: FilePosition) -> OpenCsv:
    """Open a file at a position; a new position is moved behind the header.

    Raises SourceError, and SourceRewrittenError where the bytes before the position
    changed.
    """
    with explain_broken_file(member.name):
        stream = member.open()
    try:
        with explain_broken_file(member.name):
            header = read_header(stream, member.name)
            if position.offset:
                _check_marks(stream, member.name, position)
            elif header.content:
                length = len(header.content)
                mark = ByteMark(0, length, digest(header.content))
                position = position._replace(offset=length).add_mark(mark)
    except BaseException:
        stream.close()
        raise
    return OpenCsv(stream, header, position)


def has_more_bytes(member: Member, position: FilePosition) -> bool:
    """Tell whether anything but blanks follows the position. Raises like `open_csv`."""
    with explain_broken_file(member.name), open_csv(member, position).stream as stream:
        # A newline that was added at the end of a file is no record.
        return bool(stream.read(PROBE_BYTES).strip())


def _check_marks(stream: IO[bytes], name: str, position: FilePosition) -> None:
    """Compare the marks with the file, and leave the stream at the position."""
    # In file order, since a packed stream unpacks from its start to go back.
    for mark in sorted(position.marks):
        if isinstance(mark, RowMark):
            raise rewritten_error(name, "it was a Parquet file")
        stream.seek(mark.start)
        if digest(stream.read(mark.length)) != mark.digest:
            raise rewritten_error(
                name, f"the {mark.length} bytes from {mark.start} on differ"
            )
    # The last record may have lacked its newline; only a newline may follow it then.
    stream.seek(position.offset - 1)
    last_byte, next_byte = stream.read(1), stream.read(1)
    if last_byte != b"\n" and next_byte not in {b"", b"\n", b"\r"}:
        raise rewritten_error(name, "its last record went on since")
    stream.seek(position.offset)


@contextmanager
def explain_broken_file(name: str) -> Iterator[None]:
    """Turn what goes wrong with a file or an archive into a SourceError that names it."""
    try:
        yield
    # Listed only once there is an error.
    except _list_broken_file_errors() as error:
        raise SourceError(
            f"{name} cannot be read: {error}", hint="mend it or fetch it again"
        ) from error


def _list_broken_file_errors() -> tuple[type[Exception], ...]:
    import lzma  # noqa: PLC0415  # a run that finds nothing new unpacks nothing
    import zipfile  # noqa: PLC0415  # as above
    import zlib  # noqa: PLC0415  # as above

    return OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile


def read_header(stream: IO[bytes], name: str) -> Header:
    """Read the first record; of an empty file, an empty header.

    Raises SourceError where it does not name the columns.
    """
    import csv  # noqa: PLC0415  # a run that finds nothing new reads no header

    content = stream.readline()
    if not content:
        return Header(content, [], DELIMITERS[0])

    def read_lines() -> Iterator[str]:
        nonlocal content
        # Spreadsheets write a byte order mark before the first name.
        yield content.decode("utf-8-sig")
        # A name in quotes may go on in the next line.
        while line := stream.readline():
            content += line
            yield line.decode()

    try:
        delimiter = max(DELIMITERS, key=content.decode(errors="replace").count)
        columns = next(csv.reader(read_lines(), delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not in UTF-8: {error.reason}", hint="save it as CSV in UTF-8"
        ) from error
    except csv.Error as error:
        raise SourceError(
            f"{name} has no header line that is CSV: {error}", hint=LINE_END_HINT
        ) from error
    if not any(columns):
        raise SourceError(
            f"{name} has no header line", hint="its first line has to name the columns"
        )
    repeated = find_repeated(columns)
    if repeated:
        raise SourceError(f"{name} names {repeated} twice in its header")
    return Header(content, columns, delimiter)


def find_repeated(columns: list[str]) -> str:
    """Return the names that occur more than once, quoted and sorted; mostly none."""
    if len(set(columns)) == len(columns):
        return ""
    repeated = {column for column in columns if columns.count(column) > 1}
    return ", ".join(map(repr, sorted(repeated)))
