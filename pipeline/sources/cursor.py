"""The cursor: how far each file of a source was read, and how to recognise what was read.

The state document keeps it as JSON. Records are named tuples, since every scheduled run
that finds nothing new imports this module.
"""

# Without `from __future__ import annotations`: named tuples made of texts take three
# times as long to make, and every run that finds nothing new makes these.

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from ..errors import SourceRewrittenError
from ..program import COMMAND

PROBE_BYTES = 4096
"""So many bytes identify a file, or the end of what was read of it."""
MAX_MARKS = 24
"""A file keeps at most this many marks.

With more, every other one is dropped, so that they thin out evenly.
"""
MANY_FILES = 16
"""With more files than this, those read to their end keep only their first and last mark."""

# In bytes: the header of a table is a mark of its own length, and is read as a whole.
LONGEST_MARK = 1 << 26
# Of a file, to the operating system (off_t).
LARGEST_OFFSET = (1 << 63) - 1

# What a CSV file may be found to be in, besides UTF-8; each holds ASCII as it is.
ENCODINGS = frozenset(
    {
        *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
        *("cp1257", "cp866", "koi8_r", "koi8_u"),
        *("iso8859_2", "iso8859_5", "iso8859_7", "iso8859_9", "iso8859_15"),
        *("cp932", "cp949", "big5", "gb18030", "euc_jp", "euc_kr"),
    }
)

OrderValue = float | str
"""A number, or a moment in ISO 8601."""


class InvalidCursorError(ValueError):
    """The JSON of a cursor lacks a part, or has one of another type."""


class ByteMark(NamedTuple):
    """The digest of `length` bytes from `start` on, as they were when they were read."""

    start: int
    length: int
    digest: str


class RowMark(NamedTuple):
    """The digest of the first `rows` rows of a Parquet file, taken over these columns."""

    rows: int
    columns: tuple[str, ...]
    digest: str


class FileEnd(NamedTuple):
    """Size in bytes and stamp of a file at the time its end was reached."""

    size: int
    stamp: str


class FilePosition(NamedTuple):
    """How far one file was read.

    `offset` counts unpacked bytes (CSV) or rows (Parquet). `end` is set once the end of
    the file was reached. The first and the last mark always stay; those between them
    lie `stride` batches apart, and `taken` counts all marks that were ever made.
    """

    offset: int = 0
    records: int = 0
    end: FileEnd | None = None
    marks: tuple[ByteMark | RowMark, ...] = ()
    taken: int = 0
    stride: int = 1
    encoding: str = ""
    """That of a CSV file which is not in UTF-8, as it was found out."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse a position of the state document. Raises InvalidCursorError."""
        if not isinstance(value, dict):
            raise InvalidCursorError("a position in a file has other parts")
        encoding = value.get("encoding", "")
        if {*value, "encoding"} != set(cls._fields):
            raise InvalidCursorError("a position in a file has other parts")
        if encoding and encoding not in ENCODINGS:
            raise InvalidCursorError("the encoding of a file is none that is read")
        if not isinstance(value["marks"], list):
            raise InvalidCursorError("marks are no list")
        for name in ("offset", "records", "taken", "stride"):
            least = 1 if name == "stride" else 0
            # By `type`, since isinstance takes True for an int.
            if not _is_count(value[name]) or value[name] < least:
                raise InvalidCursorError(f"{name} is no count")
        return cls(
            value["offset"],
            value["records"],
            _parse_end(value["end"]),
            tuple(map(_parse_mark, value["marks"])),
            value["taken"],
            value["stride"],
            encoding,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the position as the state document keeps it."""
        marks: list[list[Any]] = []
        for mark in self.marks:
            start, extent, digest = mark
            if isinstance(extent, tuple):
                marks.append([start, list(extent), digest])
            else:
                marks.append([start, extent, digest])
        end = None if self.end is None else list(self.end)
        content = {**self._asdict(), "end": end, "marks": marks}
        if not self.encoding:
            del content["encoding"]
        return content

    def add_mark(self, mark: ByteMark) -> Self:
        """Return the position with one more mark, thinned out if there are too many."""
        marks = list(self.marks)
        stride = self.stride
        # The last mark stays only while it is the last, unless it lies on the stride.
        if len(marks) > 1 and self.taken % stride:
            marks.pop()
        marks.append(mark)
        if len(marks) > MAX_MARKS:
            # Of those between the first and the last every other one goes, and from now
            # on only every other new one stays.
            marks = [marks[0], *marks[2:-1:2], marks[-1]]
            stride *= 2
        return self._replace(marks=tuple(marks), taken=self.taken + 1, stride=stride)

    def drop_middle_marks(self) -> Self:
        """Return the position with its first and its last mark alone."""
        return self._replace(marks=(self.marks[0], self.marks[-1]))


def _is_count(value: object) -> bool:
    """Whether it is a whole number from 0 on that a file can be read up to."""
    return type(value) is int and 0 <= value <= LARGEST_OFFSET


def _parse_end(value: object) -> FileEnd | None:
    if value is None:
        return None
    if isinstance(value, list) and list(map(type, value)) == [int, str]:
        end = FileEnd(*value)
        if _is_count(end.size):
            return end
    raise InvalidCursorError("the end of a file is no size and stamp")


def _parse_mark(value: object) -> ByteMark | RowMark:
    if isinstance(value, list):
        types = list(map(type, value))
        if types == [int, int, str]:
            if _is_count(value[0]) and 0 <= value[1] <= LONGEST_MARK:
                return ByteMark(*value)
        elif types == [int, list, str]:
            rows, columns, digest = value
            if _is_count(rows) and all(isinstance(name, str) for name in columns):
                return RowMark(rows, tuple(columns), digest)
    raise InvalidCursorError("a mark is neither one of bytes nor one of rows")


class RowOrder(NamedTuple):
    """The largest `key` and `time` that were read.

    `after` is set once a source was rewritten: rows with a key up to it are skipped.
    """

    key: OrderValue | None = None
    after: OrderValue | None = None
    time: OrderValue | None = None


class Cursor(NamedTuple):
    """What of a source was read.

    `files` maps the name of each file to the position in it. `version` is that of a
    source which has versions, as a dataset of Kaggle.
    """

    files: Mapping[str, FilePosition]
    version: str | None = None
    order: RowOrder = RowOrder()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse the cursor of a state document. Raises InvalidCursorError."""
        if not isinstance(value, dict) or not isinstance(value.get("files"), dict):
            raise InvalidCursorError("a cursor names its files")
        files = {}
        for name, position in value["files"].items():
            files[name] = FilePosition.from_json(position)
        version = value.get("version")
        if not isinstance(version, str | None):
            raise InvalidCursorError("the version of a source is no text")
        bounds = [value.get(name) for name in RowOrder._fields]
        for bound in bounds:
            if bound is not None and type(bound) not in {int, float, str}:
                raise InvalidCursorError(
                    "the order of rows is neither a number nor a moment"
                )
            if type(bound) is int and abs(bound) > LARGEST_OFFSET:
                raise InvalidCursorError("the order of rows is beyond any number")
        return cls(files, version, RowOrder(*bounds))

    def to_json(self) -> dict[str, Any]:
        """Return the cursor as the state document keeps it."""
        files = {}
        for name, position in self.files.items():
            files[name] = position.to_json()
        content: dict[str, Any] = {"files": files}
        if self.version is not None:
            content["version"] = self.version
        bounds = self.order._asdict()
        content.update({key: bounds[key] for key in bounds if bounds[key] is not None})
        return content


def digest(content: bytes) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def limit_marks(positions: Mapping[str, FilePosition]) -> dict[str, FilePosition]:
    """Return a copy of the positions that stays small however many files there are."""
    limited = dict(positions)
    if len(limited) > MANY_FILES:
        for name, position in positions.items():
            if position.end is not None and len(position.marks) > 1:
                limited[name] = position.drop_middle_marks()
    return limited


def rewritten_error(name: str, reason: str) -> SourceRewrittenError:
    """Return the error for data that changed after it was read."""
    return SourceRewrittenError(
        f"{name} was rewritten after it was read: {reason}",
        hint="bring the old file back and only append to it; or `on_rewrite`: restart, or key; "
        f"or start over: `{COMMAND} reset`",
    )
