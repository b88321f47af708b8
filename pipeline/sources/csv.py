"""CSV, plain or out of a packed stream: records are cut off by bytes and parsed once."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, cast

from ..errors import SourceError
from .cursor import Place, rewritten
from .members import PROBE, Member, digest

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = ",;\t|"
BROKEN = (OSError, EOFError)
ENDS = "lines have to end in LF or CR LF"


class CsvTable:
    """One file at its place.

    Opening checks what was learnt; raises SourceError or SourceRewrittenError.
    """

    def __init__(self, member: Member, place: Place) -> None:
        from .csv_records import RecordCutter  # noqa: PLC0415  # brings numpy

        self._member = member
        self._place = place
        self._stream, self._columns, self._delimiter = opened(member, place)
        self._cutter = RecordCutter(self._stream)

    def take(
        self, rows: int, numbers: frozenset[str] | None, wanted: Callable[[str], bool]
    ) -> pd.DataFrame | None:
        """The next records as a frame, with the place moved behind them; None at the end."""
        place, first = self._place, self._place.records
        with _readable(self._member.name):
            content, records = self._cutter.take(rows)
            ended = self._cutter.at_end()
            place.end = [self._member.size, self._member.stamp()] if ended else None
        if not content:
            return None
        self._check_fields(content, first, records)
        tail = content[-PROBE:]
        place.mark(place.offset + len(content) - len(tail), len(tail), digest(tail))
        place.offset += len(content)
        place.records += records
        frame = self._parsed(content, first, numbers, wanted)
        if len(frame) > records and b"\r" in content.replace(b"\r\n", b""):
            # pandas ends a record there, and would fill up what is left of both.
            raise SourceError(
                f"{self._member.name}: a record from number {first + 1} on is cut by a CR",
                hint=ENDS,
            )
        return frame

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def _check_fields(self, content: bytes, first: int, records: int) -> None:
        """Raises SourceError for a record with more fields than the header.

        Pandas would drop them without a word.
        """
        import numpy as np  # noqa: PLC0415  # not before there are rows

        most = records * (len(self._columns) - 1)
        # An eighth of the time of bytes.count, which stops at every hit.
        if (
            np.count_nonzero(
                np.frombuffer(content, dtype=np.uint8) == ord(self._delimiter)
            )
            <= most
        ):
            return
        import csv  # noqa: PLC0415  # seldom needed

        # Texts may be as long as they like; the limit is one of the whole process.
        csv.field_size_limit(max(csv.field_size_limit(), len(content)))
        text = io.StringIO(content.decode("utf-8", errors="replace"), newline="\n")
        try:
            counts = enumerate(
                map(len, csv.reader(text, delimiter=self._delimiter)), first + 1
            )
            longer = next(
                (found for found in counts if found[1] > len(self._columns)), None
            )
        except csv.Error as error:
            raise SourceError(
                f"{self._member.name}: the records from number {first + 1} on are no CSV: {error}",
                hint=ENDS,
            ) from error
        if longer:
            raise SourceError(
                f"{self._member.name}: record {longer[0]} has {longer[1]} fields, its header {len(self._columns)}",
                hint="a field that holds the delimiter needs quotes",
            )

    def _parsed(
        self,
        content: bytes,
        first: int,
        numbers: frozenset[str] | None,
        wanted: Callable[[str], bool],
    ) -> pd.DataFrame:
        """Numbers as float64, everything else as categories.

        All as text where the kinds are still to be decided.
        """
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        names = [name for name in self._columns if wanted(name)]
        if not names:
            # Rows without a column that is wanted are rows all the same.
            return self._parsed(content, first, None, self._columns[0].__eq__)[[]]
        options: dict[str, Any] = {
            "header": None,
            "names": self._columns,
            "usecols": names,
            "sep": self._delimiter,
        }
        options |= {"index_col": False, "encoding": "utf-8", "low_memory": False}
        kinds: dict[str, Any] = dict.fromkeys(names, str)
        if numbers is not None:
            kinds = {
                name: "float64" if name in numbers else "category" for name in names
            }
            try:
                return cast(
                    "pd.DataFrame",
                    pd.read_csv(io.BytesIO(content), dtype=kinds, **options),
                )
            except (ValueError, pd.errors.ParserError):
                # A cell that is no number: read those columns as text, and let the
                # schema say what that means.
                kinds |= dict.fromkeys(numbers & set(names), str)
        try:
            return cast(
                "pd.DataFrame", pd.read_csv(io.BytesIO(content), dtype=kinds, **options)
            )
        except (ValueError, pd.errors.ParserError) as error:
            reason = str(error).replace("\n", " ")
            raise SourceError(
                f"{self._member.name}: the records from number {first + 1} on are no CSV like its header: {reason}",
                hint="each record needs as many fields as the header has, in UTF-8",
            ) from error


def opened(member: Member, place: Place) -> tuple[IO[bytes], list[str], str]:
    """The stream at the place, the columns and the delimiter.

    A new place is moved behind the header.

    Raises SourceRewrittenError where what was learnt is not there any more.
    """
    with _readable(member.name):
        stream = member.open()
    try:
        return stream, *_placed(stream, member, place)
    except BaseException:
        stream.close()
        raise


def _placed(stream: IO[bytes], member: Member, place: Place) -> tuple[list[str], str]:
    with _readable(member.name):
        header, columns, delimiter = _header(stream, member.name)
        if place.offset:
            _check_marks(stream, member.name, place)
        elif header:
            place.offset = len(header)
            place.mark(0, len(header), digest(header))
    return columns, delimiter


def has_more(member: Member, place: Place) -> bool:
    """Whether anything follows the place. Raises SourceRewrittenError like `opened`."""
    with _readable(member.name):
        stream = opened(member, place)[0]
        with stream:
            return bool(stream.read(PROBE).strip())


def _check_marks(stream: IO[bytes], name: str, place: Place) -> None:
    """Compare the probes, in file order so that a packed stream is read once.

    Leave the stream at the place.
    """
    for start, length, expected in sorted(place.marks):
        stream.seek(start)
        if digest(stream.read(length)) != expected:
            raise rewritten(
                name, f"the {length} bytes from {start} on are others than were learnt"
            )
    stream.seek(place.offset - 1)
    closing, following = stream.read(1), stream.read(1)
    if closing != b"\n" and following not in {b"", b"\n", b"\r"}:
        raise rewritten(name, "its last record went on after it was learnt")
    stream.seek(place.offset)


class _readable:  # noqa: N801  # a context manager, used like a function
    """What goes wrong with a file or an archive becomes a SourceError that names it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        if error is None:
            return
        import zipfile  # noqa: PLC0415  # seldom needed
        import zlib  # noqa: PLC0415

        if isinstance(error, (*BROKEN, zlib.error, zipfile.BadZipFile)):
            raise SourceError(
                f"{self._name} cannot be read: {error}",
                hint="mend it or fetch it again",
            ) from error


def _header(stream: IO[bytes], name: str) -> tuple[bytes, list[str], str]:
    """The first record as it is, the columns and the delimiter.

    Nothing at all for a file without a byte.
    """
    header = stream.readline()
    if not header:
        return header, [], DELIMITERS[0]
    import csv  # noqa: PLC0415  # not before a file is opened

    def lines() -> Iterator[str]:
        nonlocal header
        yield header.decode("utf-8-sig")
        # A name in quotes may go on in the next line.
        while following := stream.readline():
            header += following
            yield following.decode()

    try:
        delimiter = max(DELIMITERS, key=header.decode(errors="replace").count)
        columns = next(csv.reader(lines(), delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not in UTF-8: {error.reason}", hint="save it as CSV in UTF-8"
        ) from error
    except csv.Error as error:
        raise SourceError(
            f"{name} has no header line that is CSV: {error}", hint=ENDS
        ) from error
    if not any(columns):
        raise SourceError(
            f"{name} has no header line", hint="its first line has to name the columns"
        )
    if len(set(columns)) < len(columns):
        twice = sorted({column for column in columns if columns.count(column) > 1})
        raise SourceError(
            f"{name} names {', '.join(map(repr, twice))} twice in its header"
        )
    return header, columns, delimiter
