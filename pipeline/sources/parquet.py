"""Parquet: row group after row group, the rows of one in memory at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..errors import MissingLibraryError, SourceError
from .cursor import Place, rewritten
from .members import Member, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

PROBE_ROWS = 32


class ParquetTable:
    """One file at its place, which counts rows.

    Opening checks what was learnt; raises SourceRewrittenError.
    """

    def __init__(self, member: Member, place: Place) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  # only where Parquet is read
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError as error:
            raise MissingLibraryError(
                f"{member.name} needs pyarrow", hint="pip install pyarrow"
            ) from error
        self.name = member.name
        self._broken = (OSError, ValueError, pa.ArrowException)
        self._stream = member.open()
        try:
            self._file: Any = pq.ParquetFile(self._stream)
        except self._broken as error:
            self._stream.close()
            raise SourceError(f"{member.name} is no Parquet file: {error}") from error
        twice = sorted(
            name
            for name, count in Counter(self._file.schema_arrow.names).items()
            if count > 1
        )
        if twice:
            self.close()
            raise SourceError(
                f"{member.name} names {', '.join(map(repr, twice))} twice in its schema"
            )
        self._member = member
        self._place = place
        counts = [
            self._file.metadata.row_group(index).num_rows
            for index in range(self._file.num_row_groups)
        ]
        self._starts = [0, *accumulate(counts)]
        self._loaded: tuple[int, Any] = (-1, None)
        for rows, names, expected in place.marks:
            if rows > self._starts[-1] or self._fingerprint(rows, names) != expected:
                self.close()
                raise rewritten(
                    member.name, f"the first {rows} rows are others than were learnt"
                )

    def take(
        self, rows: int, _numbers: frozenset[str] | None, wanted: Callable[[str], bool]
    ) -> pd.DataFrame | None:
        """The next rows, none from beyond one row group, with the place moved behind them.

        None at the end.
        """
        place = self._place
        frame = self._read(place.offset, rows, wanted) if self.has_more() else None
        if frame is not None:
            place.offset += len(frame)
            place.records += len(frame)
            names = [str(name) for name in self._file.schema_arrow.names]
            place.marks = [
                [place.offset, names, self._fingerprint(place.offset, names)]
            ]
        place.end = (
            None if self.has_more() else [self._member.size, self._member.stamp()]
        )
        return frame

    def has_more(self) -> bool:
        """Whether rows follow the place."""
        return bool(self._place.offset < self._starts[-1])

    def _read(
        self, first: int, rows: int, wanted: Callable[[str], bool]
    ) -> pd.DataFrame:
        group = self._group_of(first)
        every = [str(name) for name in self._file.schema_arrow.names]
        names = [name for name in every if wanted(name)]
        # Rows without a column that is wanted are rows all the same, and Arrow does not count them.
        table = (
            self._kept(group)
            .select(names or every[:1])
            .slice(first - self._starts[group], rows)
        )
        frame: pd.DataFrame = table.to_pandas(date_as_object=False)
        return frame if names else frame[[]]

    def _group_of(self, row: int) -> int:
        return bisect_right(self._starts, row) - 1

    def _kept(self, group: int) -> Any:  # noqa: ANN401  # pyarrow has no types
        """A row group, the one read last being kept."""
        if self._loaded[0] != group:
            try:
                self._loaded = (group, self._file.read_row_group(group))
            except self._broken as error:
                raise SourceError(
                    f"{self.name}: row group {group} cannot be read: {error}"
                ) from error
        return self._loaded[1]

    def _fingerprint(self, rows: int, names: list[str]) -> str:
        """Names the first `rows` rows by what a few of them hold, at the start and at the end.

        By values, not by bytes: a file that grew was written anew, in row groups that
        may be cut elsewhere.
        """
        if not set(names) <= {str(name) for name in self._file.schema_arrow.names}:
            return "columns are gone"
        probes = [range(min(rows, PROBE_ROWS)), range(max(0, rows - PROBE_ROWS), rows)]
        return digest("".join(self._text(probe, names) for probe in probes).encode())

    def _text(self, probe: range, names: list[str]) -> str:
        rows: list[Any] = []
        at = probe.start
        while at < probe.stop:
            group = self._group_of(at)
            count = min(probe.stop, self._starts[group + 1]) - at
            table = self._kept(group)
            rows += (
                table.select(names).slice(at - self._starts[group], count).to_pylist()
            )
            at += count
        return repr(rows)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._stream.close()
