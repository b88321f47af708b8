"""Tables in files: plain and gzipped CSV, one file after the other, from where the cursor stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, cast

from pipeline.errors import SourceError, SourceRewrittenError
from pipeline.sources.members import PROBE, Member, digest

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.sources.records import RecordCutter

MARKS = 24
"""At most this many probes of what was learnt are kept; with more, every other one of the middle goes."""
DELIMITERS = ",;\t|"

Cursor = dict[str, Any]


@dataclass
class Place:
    """How far one file was learnt: `offset` in unpacked bytes, and what to know it again by."""

    offset: int = 0
    records: int = 0
    end: list[Any] | None = None
    marks: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Chunk:
    """The next rows and the cursor after them."""

    frame: pd.DataFrame
    cursor: Cursor


class Files:
    """An ordered set of files with records."""

    def __init__(self, label: str, members: Callable[[], list[Member]]) -> None:
        self.label = label
        self._members = members

    def has_new(self, cursor: Cursor | None) -> bool:
        """Whether rows are there that the cursor has not passed; imports neither pandas nor numpy.

        Raises SourceRewrittenError where a file was cut short or its end is not what was learnt.
        """
        places = places_of(cursor)
        return any(_has_new(member, places.get(member.name)) for member in self._members())

    def reader(self, cursor: Cursor | None) -> Reader:
        """Reads on from the cursor."""
        return Reader(self._members(), places_of(cursor))


class Reader:
    """Holds the file it is in open between batches."""

    def __init__(self, members: list[Member], places: dict[str, Place]) -> None:
        self._members = members
        self._places = places
        self._open: dict[str, _OpenFile] = {}

    def read(self, rows: int, numbers: frozenset[str] | None, wanted: Callable[[str], bool]) -> Chunk | None:
        """Up to `rows` rows, across files, or None where nothing is left.

        `numbers` are the columns known to hold numbers; None reads every cell as text, for deciding the kinds.
        """
        frames: list[pd.DataFrame] = []
        missing = rows
        for piece in self._pieces(rows):
            frame = piece.parse(numbers, wanted)
            frames.append(frame)
            missing -= piece.records
            if missing <= 0:
                break
        if not frames:
            return None
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
        return Chunk(whole, cursor_of(self._places))

    def _pieces(self, rows: int) -> Iterator[_Piece]:
        for member in self._members:
            place = self._places.setdefault(member.name, Place())
            if not _has_new(member, place):
                continue
            if member.name not in self._open:
                self._open[member.name] = _OpenFile(member, place)
            piece = self._open[member.name].take(rows)
            if place.end is not None:
                self._open.pop(member.name).close()
            if piece is not None:
                rows -= piece.records
                yield piece
            if rows <= 0:
                return


@dataclass(frozen=True)
class _Piece:
    """Records of one file, not parsed yet."""

    name: str
    first: int
    records: int
    content: bytes
    columns: list[str]
    delimiter: str

    def parse(self, numbers: frozenset[str] | None, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """The columns wanted: numbers as float64, everything else as categories."""
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        names = [name for name in self.columns if wanted(name)]
        options: dict[str, Any] = {"header": None, "names": self.columns, "usecols": names, "sep": self.delimiter}
        options |= {"index_col": False, "encoding": "utf-8", "low_memory": False}
        if numbers is None:
            return self._read(options | {"dtype": str})
        kinds: dict[str, Any] = {name: "float64" if name in numbers else "category" for name in names}
        try:
            return cast("pd.DataFrame", pd.read_csv(io.BytesIO(self.content), dtype=kinds, **options))
        except (ValueError, pd.errors.ParserError):
            # A cell that is no number: read those columns as text, and let the schema say what that means.
            return self._read(options | {"dtype": kinds | dict.fromkeys(numbers & set(names), str)})

    def _read(self, options: dict[str, Any]) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        try:
            return cast("pd.DataFrame", pd.read_csv(io.BytesIO(self.content), **options))
        except (ValueError, pd.errors.ParserError) as error:
            reason = str(error).replace("\n", " ")
            raise SourceError(
                f"{self.name}: the records from number {self.first + 1} on are no CSV like its header: {reason}",
                hint="each record needs as many fields as the header has, in UTF-8",
            ) from error


class _OpenFile:
    """One file at its place."""

    def __init__(self, member: Member, place: Place) -> None:
        from pipeline.sources.records import RecordCutter  # noqa: PLC0415  # brings numpy

        self._member = member
        self._place = place
        try:
            self._stream: IO[bytes] = member.open()
            header = self._stream.readline()
            self.columns, self.delimiter = _header(header, member.name)
            if place.offset:
                _check_marks(self._stream, member.name, place, len(header))
            else:
                place.offset = len(header)
                place.marks.append([0, len(header), digest(header)])
        except (OSError, EOFError) as error:
            raise SourceError(f"{member.name} cannot be read: {error}") from error
        self._cutter: RecordCutter = RecordCutter(self._stream)

    def take(self, rows: int) -> _Piece | None:
        """The next records, with the place moved behind them."""
        place = self._place
        try:
            content, records = self._cutter.take(rows)
            ended = self._cutter.at_end()
        except (OSError, EOFError) as error:
            raise SourceError(f"{self._member.name} cannot be read: {error}") from error
        first = place.records
        if content:
            tail = content[-PROBE:]
            place.marks.append([place.offset + len(content) - len(tail), len(tail), digest(tail)])
            if len(place.marks) > MARKS:
                place.marks = [place.marks[0], *place.marks[2:-1:2], place.marks[-1]]
        place.offset += len(content)
        place.records += records
        place.end = [self._member.size, self._member.stamp()] if ended else None
        if not content:
            return None
        return _Piece(self._member.name, first, records, content, self.columns, self.delimiter)

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


def _has_new(member: Member, place: Place | None) -> bool:
    if place is None or place.end is None:
        return True
    size, stamp = place.end
    if member.size < size and member.seekable:
        raise _rewritten(member.name, f"it has {member.size} bytes, {size} were learnt")
    if member.size > size:
        return True
    if member.stamp() != stamp:
        if member.seekable:
            raise _rewritten(member.name, "its first or last bytes are others than were learnt")
        return True
    return False


def _check_marks(stream: IO[bytes], name: str, place: Place, header_bytes: int) -> None:
    """Compare the probes, in file order, and leave the stream at the offset. Raises SourceRewrittenError."""
    for start, length, expected in sorted(place.marks):
        stream.seek(start)
        if digest(stream.read(length)) != expected:
            where = "its header" if start == 0 and length == header_bytes else f"the bytes at {start}"
            raise _rewritten(name, f"{where} changed since they were learnt")
    stream.seek(place.offset - 1)
    if stream.read(1) != b"\n" and stream.read(1) not in {b"", b"\n", b"\r"}:
        raise _rewritten(name, "the last record that was learnt has grown")
    stream.seek(place.offset)


def _rewritten(name: str, reason: str) -> SourceRewrittenError:
    return SourceRewrittenError(
        f"{name} was rewritten under what was learnt: {reason}",
        hint="bring the old file back and only append to it, or start over: `python -m pipeline reset`",
    )


def _header(line: bytes, name: str) -> tuple[list[str], str]:
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is not in UTF-8: {error.reason}") from error
    delimiter = max(DELIMITERS, key=text.count)
    columns = next(csv.reader([text], delimiter=delimiter), [])
    if not any(columns):
        raise SourceError(f"{name} has no header line")
    if len(set(columns)) < len(columns):
        twice = sorted({column for column in columns if columns.count(column) > 1})
        raise SourceError(f"{name} names {', '.join(map(repr, twice))} twice in its header")
    return columns, delimiter


def places_of(cursor: Cursor | None) -> dict[str, Place]:
    """The cursor as records."""
    return {name: Place(**place) for name, place in (cursor or {}).get("files", {}).items()}


def cursor_of(places: dict[str, Place]) -> Cursor:
    """The places as what the state keeps."""
    return {
        "files": {
            name: {
                "offset": place.offset,
                "records": place.records,
                "end": place.end,
                "marks": [list(mark) for mark in place.marks],
            }
            for name, place in places.items()
        }
    }
