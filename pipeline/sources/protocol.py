"""What a source, its reader and a table of it have in common, whatever they read.

A new source implements `Source` and gets a row in `training/source_factory.py`. A new
table format implements `TableReader` and gets a row in `formats.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    import pandas as pd

    from .cursor import Cursor, FilePosition
    from .members import CsvOptions, Member

ColumnFilter = Callable[[str], bool]
"""Whether a column of this name is to be read."""


class Chunk(NamedTuple):
    """The next rows, and the cursor behind them."""

    frame: pd.DataFrame
    cursor: Cursor


class Reader(Protocol):
    """Reads a source batch by batch; a context manager that closes what it opened."""

    @property
    def notes(self) -> Sequence[str]:
        """What was found out while reading, and is to be said."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def read(
        self,
        rows: int,
        number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
        /,
    ) -> Chunk | None:
        """Read up to `rows` rows, across files; None where nothing is left.

        `number_columns` are the columns known to hold numbers. With None every value is
        read as text, for the types of the columns to be inferred.
        """


class Source(Protocol):
    """An ordered set of rows that grows at its end."""

    @property
    def label(self) -> str:
        """What logs and reports call the source."""

    @property
    def notes(self) -> Sequence[str]:
        """What is left out of it and why, known once it was looked through."""

    def select_tables(self, target: str) -> None:
        """Leave out tables that are not for this target."""

    def set_reading(
        self, options: CsvOptions, ignored: frozenset[str] = frozenset()
    ) -> None:
        """Read CSV as the settings say; no table needs the `ignored` columns."""

    def list_tables(self) -> Sequence[Member]:
        """Return every table of the source, those that are left out too."""

    def follow_files(self, cursor: Cursor) -> Cursor:
        """Return the cursor by the names that what was read has now."""

    def has_new_rows(self, cursor: Cursor | None) -> bool:
        """Tell whether there are rows behind the cursor.

        Raises SourceRewrittenError where the rows before the cursor changed.
        """

    def update_cursor(self, cursor: Cursor) -> Cursor:
        """Return the cursor after `has_new_rows` found none.

        A file that changed without a new row need not be read again by the next run.
        """

    def open_reader(self, cursor: Cursor | None) -> Reader:
        """Open a reader that goes on behind the cursor. Raises SourceRewrittenError."""


class TableReader(Protocol):
    """One table, read from a position on.

    A frame has a row for each row of the table, also where no column of it is wanted.
    Numbers are float64, texts categories; a format that knows its types need not look at
    `number_columns`. What opens a table must not import pandas to tell whether rows
    follow a position: every run that finds nothing new asks.
    """

    @property
    def position(self) -> FilePosition:
        """The position behind the last row that was read.

        Its `end` is set together with the last row, so a reader looks ahead; without it
        a file that cannot grow counts as new for ever. It keeps at least one mark.
        """

    def read(
        self,
        rows: int,
        number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
        /,
    ) -> pd.DataFrame | None:
        """Read up to `rows` rows and move the position; None where nothing is left."""

    def close(self) -> None:
        """Close the file."""
