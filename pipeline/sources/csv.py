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
UTF_8 = "utf-8"
# A record that goes on for longer has lost its end, or a quote.
LONGEST_WAITING = 1 << 20
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
    encoding: str


def open_csv(member: Member, position: FilePosition) -> OpenCsv:
    """Open a file at a position; a new position is moved behind the header.

    Raises SourceError, and SourceRewrittenError where the bytes before the position
    changed.
    """
    with explain_broken_file(member.name):
        stream = member.open()
    try:
        with explain_broken_file(member.name):
            encoding = find_encoding(stream, member, position)
            header = read_header(stream, member, encoding)
            if position.offset:
                _check_marks(stream, member.name, position)
            elif header.content:
                length = len(header.content)
                mark = ByteMark(0, length, digest(header.content))
                position = position._replace(offset=length).add_mark(mark)
                if not member.options.encoding:
                    position = position._replace(encoding=encoding)
    except BaseException:
        stream.close()
        raise
    return OpenCsv(stream, header, position, encoding or UTF_8)


def find_encoding(stream: IO[bytes], member: Member, position: FilePosition) -> str:
    """Return the encoding of a file as set, as found before, or found now; "" for UTF-8.

    The stream stands at the start before and after.
    """
    told = member.options.encoding or position.encoding
    if told or position.offset:
        return told
    from .encodings import detect_encoding  # noqa: PLC0415  # once a file

    found = detect_encoding(stream, member.name)
    stream.seek(0)
    return found


def has_more_bytes(member: Member, position: FilePosition) -> bool:
    """Tell whether anything but blanks follows the position. Raises like `open_csv`.

    Of a file that grows, a whole record.
    """
    with explain_broken_file(member.name), open_csv(member, position).stream as stream:
        if member.is_growing:
            return _has_whole_record(stream)
        # A newline that was added at the end of a file is no record.
        return bool(stream.read(PROBE_BYTES).strip())


def _has_whole_record(stream: IO[bytes]) -> bool:
    quotes, length = 0, 0
    has_text = False
    while line := stream.readline(LONGEST_WAITING):
        length += len(line)
        quotes += line.count(b'"')
        has_text = has_text or bool(line.strip())
        is_whole = line.endswith(b"\n") and quotes % 2 == 0 and has_text
        if is_whole or length > LONGEST_WAITING:
            return True
    return False


def describe_waiting(member: Member, position: FilePosition) -> str:
    """Say that the last record of a file waits for its end, "" where none does."""
    end = position.end
    if not member.is_growing or end is None or end.size <= position.offset:
        return ""
    with explain_broken_file(member.name), member.open() as stream:
        stream.seek(position.offset)
        tail = stream.read(PROBE_BYTES)
    if not tail.strip():
        return ""
    reason = "its last record has no line end yet"
    if tail.count(b'"') % 2 and b"\n" in tail:
        number = position.records + 1
        reason = f"its record {number} opens a quote that nothing closes"
    return (
        f"warning: {member.name}: {reason}, and waits for it; where the file is "
        'complete: end the line, or `last_line = "take"`'
    )


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


def is_broken_file(error: SourceError) -> bool:
    """Tell whether it is about bytes that cannot be read, not about what they say."""
    return isinstance(error.__cause__, _list_broken_file_errors())


def _list_broken_file_errors() -> tuple[type[Exception], ...]:
    import lzma  # noqa: PLC0415  # a run that finds nothing new unpacks nothing
    import zipfile  # noqa: PLC0415  # as above
    import zlib  # noqa: PLC0415  # as above

    return OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile


def read_header(stream: IO[bytes], member: Member, encoding: str) -> Header:
    """Read the first record; of an empty file, an empty header.

    Lines above it, as the settings say, are part of its bytes. Raises SourceError where
    it does not name the columns.
    """
    name, options = member.name, member.options
    above = b""
    for _ in range(options.skip_rows):
        above += stream.readline()
    header = _read_header(stream, name, encoding or UTF_8, options.delimiter)
    return header._replace(content=above + header.content)


def _read_header(stream: IO[bytes], name: str, encoding: str, delimiter: str) -> Header:
    import csv  # noqa: PLC0415  # a run that finds nothing new reads no header

    content = stream.readline()
    if not content:
        return Header(content, [], DELIMITERS[0])

    def read_lines() -> Iterator[str]:
        nonlocal content
        # Spreadsheets write a byte order mark before the first name.
        yield content.decode(encoding).removeprefix("\ufeff")
        # A name in quotes may go on in the next line.
        while line := stream.readline():
            content += line
            yield line.decode(encoding)

    try:
        delimiter = delimiter or _find_delimiter(content.decode(encoding, "replace"))
        columns = next(csv.reader(read_lines(), delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not in {encoding}: {error.reason}",
            hint="save it as CSV in UTF-8, or set `encoding`",
        ) from error
    except csv.Error as error:
        raise SourceError(
            f"{name} has no header line that is CSV: {error}", hint=LINE_END_HINT
        ) from error
    if not any(columns):
        raise SourceError(
            f"{name} has no header line",
            hint="its first line has to name the columns; `skip_rows` says how many "
            "lines stand above them",
        )
    repeated = find_repeated(columns)
    if repeated:
        raise SourceError(f"{name} names {repeated} twice in its header")
    return Header(content, columns, delimiter)


def _find_delimiter(line: str) -> str:
    """What separates the names; within quotes it is a part of one."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def find_repeated(columns: list[str]) -> str:
    """Return the names that occur more than once, quoted and sorted; mostly none."""
    if len(set(columns)) == len(columns):
        return ""
    repeated = {column for column in columns if columns.count(column) > 1}
    return ", ".join(map(repr, sorted(repeated)))
