"""Parquet: row group after row group, the rows of one in memory at a time."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pipeline.errors import MissingLibraryError, SourceError
from pipeline.sources.cursor import Place, rewritten
from pipeline.sources.members import PROBE, Member, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


class ParquetTable:
    """One file at its place, which counts rows. Opening checks what was learnt; raises SourceRewrittenError."""

    def __init__(self, member: Member, place: Place) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  # only where Parquet is read
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError as error:
            raise MissingLibraryError(f"{member.name} needs pyarrow", hint="pip install pyarrow") from error
        self.name = member.name
        self._broken = (OSError, ValueError, pa.ArrowException)
        try:
            self._stream = member.open()
            self._file: Any = pq.ParquetFile(self._stream)
        except self._broken as error:
            raise SourceError(f"{member.name} is no Parquet file: {error}") from error
        self._member = member
        self._place = place
        counts = [self._file.metadata.row_group(index).num_rows for index in range(self._file.num_row_groups)]
        self._starts = [0, *accumulate(counts)]
        self._loaded: tuple[int, Any] = (-1, None)
        for _, rows, expected in place.marks[-1:]:
            if rows > self._starts[-1] or self._fingerprint(rows) != expected:
                self.close()
                raise rewritten(member.name, f"the first {rows} rows are others than were learnt")

    def take(self, rows: int, _numbers: frozenset[str] | None, wanted: Callable[[str], bool]) -> pd.DataFrame | None:
        """The next rows, none from beyond one row group, with the place moved behind them; None at the end."""
        place = self._place
        frame = self._read(place.offset, rows, wanted) if self.has_more() else None
        if frame is not None:
            place.offset += len(frame)
            place.records += len(frame)
            place.marks = [[0, place.offset, self._fingerprint(place.offset)]]
        place.end = None if self.has_more() else [self._member.size, self._member.stamp()]
        return frame

    def has_more(self) -> bool:
        """Whether rows follow the place."""
        return bool(self._place.offset < self._starts[-1])

    def _read(self, first: int, rows: int, wanted: Callable[[str], bool]) -> pd.DataFrame:
        group = next(index for index, start in enumerate(self._starts[1:]) if first < start)
        names = [str(name) for name in self._file.schema_arrow.names if wanted(str(name))]
        try:
            if self._loaded[0] != group:
                self._loaded = (group, self._file.read_row_group(group, columns=names))
            table = self._loaded[1].slice(first - self._starts[group], rows)
            frame: pd.DataFrame = table.to_pandas(date_as_object=False)
        except self._broken as error:
            raise SourceError(f"{self.name}: row group {group} cannot be read: {error}") from error
        return frame

    def _fingerprint(self, rows: int) -> str:
        """Names the row groups that hold the first `rows` rows: their sizes and limits, and bytes of the last one."""
        last = next((index for index, start in enumerate(self._starts) if start >= rows), len(self._starts) - 1)
        parts = [_described(self._file.metadata.row_group(index)) for index in range(last)]
        if last:
            chunk = self._file.metadata.row_group(last - 1).column(0)
            self._stream.seek(chunk.data_page_offset)
            parts.append(digest(self._stream.read(min(PROBE, chunk.total_compressed_size))))
        return digest("\n".join(parts).encode())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._stream.close()


def _described(group: Any) -> str:  # noqa: ANN401  # pyarrow has no types
    """Where a group's columns lie is left out: a writer may move them."""
    columns = [group.column(index) for index in range(group.num_columns)]
    limits = [
        (column.statistics.min, column.statistics.max) if column.statistics and column.statistics.has_min_max else None
        for column in columns
    ]
    return repr((group.num_rows, [column.total_uncompressed_size for column in columns], limits))
