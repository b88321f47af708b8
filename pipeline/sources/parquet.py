"""Parquet: row group after row group, with the rows of one in memory at a time."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import SourceError
from .csv import find_repeated
from .cursor import FileEnd, FilePosition, RowMark, digest, rewritten_error
from .members import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from .protocol import ColumnFilter

PROBE_ROWS = 32
"""So many rows at the start and at the end of what was read identify it."""

ArrowTable = Any
"""A `pyarrow.Table`; pyarrow has no types."""


class ParquetTable:
    """One Parquet file, read from a position on that counts rows.

    Opening raises SourceError, and SourceRewrittenError where the rows before the
    position changed.
    """

    def __init__(self, member: Member, position: FilePosition) -> None:
        self.position = position
        self._member = member
        self._broken = (OSError, ValueError, pa.ArrowException)
        self._stream = member.open()
        try:
            self._file = pq.ParquetFile(self._stream)
        except self._broken as error:
            self._stream.close()
            raise SourceError(f"{member.name} is no Parquet file: {error}") from error
        self.columns = [str(name) for name in self._file.schema_arrow.names]
        self._group_starts = self._list_group_starts()
        self._loaded_group = -1
        self._loaded_table: ArrowTable = None
        try:
            self._check_columns()
            self._check_marks()
        except BaseException:
            self.close()
            raise

    def read(
        self,
        rows: int,
        _number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
    ) -> pd.DataFrame | None:
        """Read the next rows and move the position; None where nothing is left.

        No more than up to the end of a row group are read.
        """
        frame = None
        if self.has_more():
            frame = self._read_frame(rows, is_wanted)
            offset = self.position.offset + len(frame)
            digest_now = self._digest_rows(offset, self.columns)
            # One mark is enough: it is taken anew over all rows that were read.
            mark = RowMark(offset, tuple(self.columns), digest_now)
            self.position = self.position._replace(
                offset=offset,
                records=self.position.records + len(frame),
                marks=(mark,),
            )
        end = None
        if not self.has_more():
            end = FileEnd(self._member.size, self._member.stamp())
        self.position = self.position._replace(end=end)
        return frame

    def has_more(self) -> bool:
        """Tell whether rows follow the position."""
        return self.position.offset < self._group_starts[-1]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._stream.close()

    def _list_group_starts(self) -> list[int]:
        """List the first row of each row group, and the number of rows at the end."""
        metadata = self._file.metadata
        groups = range(self._file.num_row_groups)
        counts = (metadata.row_group(group).num_rows for group in groups)
        return list(accumulate(counts, initial=0))

    def _check_columns(self) -> None:
        repeated = find_repeated(self.columns)
        if repeated:
            raise SourceError(
                f"{self._member.name} names {repeated} twice in its schema"
            )

    def _check_marks(self) -> None:
        for mark in self.position.marks:
            if not isinstance(mark, RowMark) or not self._matches(mark):
                raise rewritten_error(
                    self._member.name, f"the first {mark[0]} rows differ"
                )

    def _matches(self, mark: RowMark) -> bool:
        if mark.rows > self._group_starts[-1]:
            return False
        if not set(mark.columns) <= set(self.columns):
            return False
        return self._digest_rows(mark.rows, mark.columns) == mark.digest

    def _read_frame(self, rows: int, is_wanted: ColumnFilter) -> pd.DataFrame:
        names = list(filter(is_wanted, self.columns))
        # Arrow counts no rows without a column, so one is read and dropped.
        selected = names or self.columns[:1]
        table = self._read_rows(self.position.offset, rows, selected)
        frame: pd.DataFrame = table.to_pandas(date_as_object=False)
        if not names:
            return frame[[]]
        return frame

    def _read_rows(self, first: int, rows: int, columns: list[str]) -> ArrowTable:
        """Read up to `rows` rows from `first` on, out of one row group."""
        group = bisect_right(self._group_starts, first) - 1
        # Batches are mostly smaller than a row group, which is unpacked as a whole.
        if self._loaded_group != group:
            try:
                self._loaded_table = self._file.read_row_group(group)
            except self._broken as error:
                raise SourceError(
                    f"{self._member.name}: row group {group} cannot be read: {error}"
                ) from error
            self._loaded_group = group
        start = first - self._group_starts[group]
        return self._loaded_table.select(columns).slice(start, rows)

    def _digest_rows(self, rows: int, columns: Sequence[str]) -> str:
        """Digest what a few of the first `rows` rows hold, at their start and their end.

        By values and not by bytes: a file that grew was written anew, in row groups
        that may be cut elsewhere.
        """
        first_rows = range(min(rows, PROBE_ROWS))
        last_rows = range(max(0, rows - PROBE_ROWS), rows)
        text = ""
        for probe in (first_rows, last_rows):
            text += self._format_rows(probe, list(columns))
        return digest(text.encode())

    def _format_rows(self, probe: range, columns: list[str]) -> str:
        values: list[Any] = []
        row = probe.start
        while row < probe.stop:
            table = self._read_rows(row, probe.stop - row, columns)
            values += table.to_pylist()
            row += len(table)
        return repr(values)
