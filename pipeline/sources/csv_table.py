"""CSV, plain or unpacked: whole records are cut off by bytes and parsed once."""

from __future__ import annotations

import csv
import io
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SourceError
from ..missing_words import NUMBER_WORDS, USUAL_WORDS
from .csv import LINE_END_HINT, LONGEST_WAITING, explain_broken_file, open_csv
from .cursor import PROBE_BYTES, ByteMark, FileEnd, FilePosition, digest
from .encodings import guess_encoding
from .members import Member
from .protocol import ColumnFilter

BLOCK_BYTES = 1 << 20
NO_NUMBERS = ["", *USUAL_WORDS, *NUMBER_WORDS]
NEWLINE, QUOTE = ord("\n"), ord('"')
PARSE_ERRORS = (ValueError, pd.errors.ParserError)


class CsvTable:
    """One CSV file, read from a position on.

    Opening raises SourceError, and SourceRewrittenError where the bytes before the
    position changed.
    """

    def __init__(self, member: Member, position: FilePosition) -> None:
        self._member = member
        opened = open_csv(member, position)
        self._stream, self._header = opened.stream, opened.header
        self._encoding = opened.encoding
        self.position = opened.position
        self._cutter = RecordCutter(self._stream, waits=member.is_growing)
        # Columns of text that looked like numbers or truth values.
        self._plain_texts: set[str] = set()

    def read(
        self,
        rows: int,
        number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
    ) -> pd.DataFrame | None:
        """Read up to `rows` records and move the position; None where nothing is left.

        Raises SourceError for records that are no CSV like the header.
        """
        position = self.position._replace(end=None)
        first_record = position.records + 1
        with explain_broken_file(self._member.name):
            content, records = self._cutter.take(rows)
            if self._cutter.is_at_end():
                end = FileEnd(self._member.size, self._member.stamp())
                position = position._replace(end=end)
        if not content:
            self.position = position
            return None
        self._check_field_counts(content, first_record, records)
        tail = content[-PROBE_BYTES:]
        offset = position.offset + len(content)
        mark = ByteMark(offset - len(tail), len(tail), digest(tail))
        self.position = position.add_mark(mark)._replace(
            offset=offset, records=position.records + records
        )
        frame = self._parse(content, first_record, number_columns, is_wanted)
        if len(frame) > records and b"\r" in content.replace(b"\r\n", b""):
            # pandas ends a record at a lone CR and fills up both halves.
            raise SourceError(
                f"{self._member.name}: a record from number {first_record} on "
                "is cut by a CR",
                hint=LINE_END_HINT,
            )
        return frame

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _check_field_counts(
        self, content: bytes, first_record: int, records: int
    ) -> None:
        """Raise SourceError for a record with more fields than the header.

        pandas would drop them silently.
        """
        columns = len(self._header.columns)
        # An eighth of the time of bytes.count, which stops at every hit.
        is_delimiter = np.frombuffer(content, np.uint8) == ord(self._header.delimiter)
        if np.count_nonzero(is_delimiter) <= records * (columns - 1):
            return
        # Texts may be as long as they like; the limit is one of the whole process.
        limit = csv.field_size_limit(len(content))
        text = io.StringIO(
            content.decode(self._encoding, errors="replace"), newline="\n"
        )
        reader = csv.reader(text, delimiter=self._header.delimiter)
        try:
            for number, record in enumerate(reader, first_record):
                if len(record) > columns:
                    raise SourceError(
                        f"{self._member.name}: record {number} has {len(record)} "
                        f"fields, its header {columns}",
                        hint="a field that holds the delimiter needs quotes; where "
                        "lines stand above the header, `skip_rows` passes over them",
                    )
        except csv.Error as error:
            raise SourceError(
                f"{self._member.name}: the records from number {first_record} on "
                f"are no CSV: {error}",
                hint=LINE_END_HINT,
            ) from error
        finally:
            csv.field_size_limit(limit)

    def _parse(
        self,
        content: bytes,
        first_record: int,
        number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
    ) -> pd.DataFrame:
        """Parse numbers as float64 and everything else as categories.

        Without `number_columns` everything is text.
        """
        # A column without a name holds row numbers, as pandas writes them.
        names = list(filter(is_wanted, filter(None, self._header.columns)))
        if not names:
            # pandas counts no rows without a column, so one is read and dropped.
            first_column = self._header.columns[0]
            return self._parse(content, first_record, None, first_column.__eq__)[[]]
        if number_columns is not None:
            types: dict[str, Any] = dict.fromkeys(names, "category")
            # As objects: texts of pandas take longer to become categories.
            types.update(dict.fromkeys(self._plain_texts, object))
            numbers = number_columns.intersection(names)
            types.update(dict.fromkeys(numbers, "float64"))
            try:
                return self._read_texts(content, types)
            except PARSE_ERRORS:
                # A value that is no number: read those columns as text, and let the
                # schema say what that means.
                types.update(dict.fromkeys(numbers, str))
        else:
            types = dict.fromkeys(names, str)
        try:
            return self._read_frame(content, types)
        except PARSE_ERRORS as error:
            raise self._explain(content, first_record, error) from error

    def _explain(
        self, content: bytes, first_record: int, error: Exception
    ) -> SourceError:
        where = f"{self._member.name}: the records from number {first_record} on are"
        if not isinstance(error, UnicodeDecodeError):
            reason = str(error).replace("\n", " ")
            return SourceError(
                f"{where} no CSV like its header: {reason}",
                hint="each record needs as many fields as the header has; "
                f"the delimiter is {self._header.delimiter!r}, and `delimiter` says "
                "another",
            )
        hint = "set `encoding`, or save it in UTF-8"
        found = guess_encoding(content)
        if found and found != self._encoding:
            hint = f"`encoding` may be {found!r}; or save it in UTF-8"
        return SourceError(
            f"{where} not in {self._encoding}: {error.reason}", hint=hint
        )

    def _read_texts(self, content: bytes, types: dict[str, Any]) -> pd.DataFrame:
        """Read with categories of text as it stands in the file.

        Where all categories look like numbers or truth values, pandas makes such of
        them: 007 becomes 7 and TRUE becomes True in one batch and not in the next.
        """
        frame = self._read_frame(content, types)
        changed = {}
        for name, kind in frame.dtypes.items():
            if not isinstance(kind, pd.CategoricalDtype):
                continue
            if not pd.api.types.is_string_dtype(kind.categories.dtype):
                changed[str(name)] = object
        if changed:
            # The next batches are read so at once.
            self._plain_texts.update(changed)
            for name, values in self._read_frame(content, changed).items():
                frame[name] = values
        for name in self._plain_texts.intersection(types):
            frame[name] = frame[name].astype("category")
        return frame

    def _read_frame(self, content: bytes, types: dict[str, Any]) -> pd.DataFrame:
        # What counts as missing is for the schema to say, which knows what a column is.
        missing = {}
        for name, kind in types.items():
            missing[name] = NO_NUMBERS if kind == "float64" else [""]
        options: dict[str, Any] = {
            "header": None,
            "keep_default_na": False,
            "na_values": missing,
            "names": self._header.columns,
            "usecols": list(types),
            "dtype": types,
            "sep": self._header.delimiter,
            "index_col": False,
            "encoding": self._encoding,
            # In one piece: pandas may give pieces of a column other types.
            "low_memory": False,
        }
        return cast("pd.DataFrame", pd.read_csv(io.BytesIO(content), **options))


class RecordCutter:
    """Takes the next records off a binary stream that stands at the start of one.

    A newline between quotes belongs to its record. A doubled quote inside quotes
    changes the parity twice, so that parity alone tells where records end.
    """

    def __init__(self, stream: IO[bytes], *, waits: bool = False) -> None:
        self._stream = stream
        self._waits = waits
        self._block = b""
        self._start = 0
        """Where in the block the next record starts."""
        self._ends: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """Where in the block, from there on, records end."""
        self._in_quotes = False
        """Whether the block leaves a quote open."""

    def take(self, count: int) -> tuple[bytes, int]:
        """Return up to `count` records with their newlines, and how many there are.

        The last record of a file may lack its newline: then it is not taken where it
        `waits`, unless it is too long to be one.
        """
        parts: list[bytes] = []
        taken, whole, length = 0, 0, 0
        while taken < count and not self.is_at_end():
            ends = self._ends[: count - taken]
            taken += len(ends)
            # Without enough ends, the record goes on in the next block.
            cut = len(self._block)
            if taken == count:
                cut = int(ends[-1]) + 1
            if len(ends):
                whole = length + int(ends[-1]) + 1 - self._start
            length += cut - self._start
            parts.append(self._block[self._start : cut])
            self._start, self._ends = cut, self._ends[len(ends) :]
        content = b"".join(parts)
        is_cut_off = self._in_quotes or not content.endswith(b"\n")
        if content and taken < count and is_cut_off:
            if self._waits and length - whole <= LONGEST_WAITING:
                return content[:whole], taken
            taken += 1
        return content, taken

    def is_at_end(self) -> bool:
        """Tell whether nothing is left; reads ahead to know."""
        if self._start == len(self._block):
            self._block, self._start = self._stream.read(BLOCK_BYTES), 0
            self._find_record_ends()
        return not self._block

    def _find_record_ends(self) -> None:
        block = np.frombuffer(self._block, dtype=np.uint8)
        self._ends = np.flatnonzero(block == NEWLINE)
        # Most files have no quotes, and looking for one is much faster than counting.
        if not self._in_quotes and b'"' not in self._block:
            return
        quotes = np.flatnonzero(block == QUOTE)
        quotes_before = np.searchsorted(quotes, self._ends)
        self._ends = self._ends[(quotes_before + self._in_quotes) % 2 == 0]
        self._in_quotes ^= bool(len(quotes) % 2)
