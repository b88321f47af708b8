"""A source of tables in files: one file after the other, from a cursor on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .cursor import (
    Cursor,
    FileEnd,
    FilePosition,
    limit_marks,
    rewritten_error,
)
from .members import DETECTED, CsvOptions, Member, make_local_member

if TYPE_CHECKING:
    import pandas as pd

    from .protocol import Chunk, ColumnFilter, TableReader

Positions = dict[str, FilePosition]

SAMPLE_FILE = "flights_sample.csv.gz"
SAMPLE_TARGET = "late"


class FileSource:
    """An ordered set of tables in files."""

    def __init__(self, label: str, list_members: Callable[[], list[Member]]) -> None:
        self.label = label
        self.notes: tuple[str, ...] = ()
        self._list_all = list_members
        self._target = ""
        self._options = DETECTED
        self._ignored: frozenset[str] = frozenset()
        self._checked: Positions = {}
        self._listed: list[Member] | None = None
        self._followed: tuple[str, ...] = ()

    def select_tables(self, target: str) -> None:
        """Leave out tables that are not for this target; `notes` says which."""
        self._target = target

    def set_reading(
        self, options: CsvOptions, ignored: frozenset[str] = frozenset()
    ) -> None:
        """Read CSV as the settings say; no table needs the `ignored` columns."""
        self._options = options
        self._ignored = ignored

    def list_tables(self) -> list[Member]:
        """Return every table of the source, those that are left out too."""
        members = self._list_all()
        if self._options != DETECTED:
            members = [m._replace(options=self._options) for m in members]
        return members

    def _list_members(self, cursor: Cursor | None) -> list[Member]:
        members = self._take_listed() or self.list_tables()
        known = _copy_positions(cursor)
        if not self._target or [member.name for member in members] == list(known):
            # All of them were chosen by the first run.
            self.notes = self._followed
            return members
        from .selection import select_tables  # noqa: PLC0415  # not for known tables

        names = self.name_table
        ignored = self._ignored
        selection = select_tables(members, self._target, known, names, ignored)
        self.notes = (*self._followed, *selection.left_out)
        return selection.members

    def _take_listed(self) -> list[Member] | None:
        listed, self._listed = self._listed, None
        return listed

    def name_table(self, member: Member) -> str:
        """Return what to set `source` to, for that table alone."""
        return member.name

    def follow_files(self, cursor: Cursor) -> Cursor:
        """Return the cursor by the names that what was read has now."""
        self._listed = members = self.list_tables()
        if [member.name for member in members] == list(cursor.files):
            return cursor
        from .renames import follow_renames  # noqa: PLC0415  # seldom needed

        followed = follow_renames(members, cursor)
        self._followed = followed.notes
        return followed.cursor

    def has_new_rows(self, cursor: Cursor | None) -> bool:
        """Tell whether there are rows behind the cursor.

        Imports neither pandas nor numpy for CSV. Raises SourceRewrittenError where the
        rows before the cursor changed.
        """
        positions = _copy_positions(cursor)
        members = self._list_members(cursor)
        _check_missing(members, positions)
        # Every file is looked at, so that any that was rewritten is known now.
        has_new = False
        for member in members:
            if _has_new_rows(member, positions):
                has_new = True
        self._checked = positions
        self.notes += tuple(list_waiting(members, positions))
        return has_new

    def update_cursor(self, cursor: Cursor) -> Cursor:
        """Return the cursor after `has_new_rows` found none.

        A file that changed without a new row need not be read again by the next run.
        """
        if not self._checked:
            return cursor
        return cursor._replace(files=limit_marks(self._checked))

    def open_reader(self, cursor: Cursor | None) -> FileReader:
        """Open a reader that goes on behind the cursor. Raises SourceRewrittenError."""
        return FileReader(self._list_members(cursor), cursor)


def list_waiting(members: list[Member], positions: Positions) -> Iterator[str]:
    """Say for each file that ends within a record that this waits."""
    for member in members:
        position = positions.get(member.name)
        if position is None or position.end is None:
            continue
        if member.is_growing and position.end.size > position.offset:
            from .csv import describe_waiting  # noqa: PLC0415  # seldom wanted

            note = describe_waiting(member, position)
            if note:
                yield note


def open_sample() -> FileSource:
    """Open the built-in sample: real flights, see flights_sample.md."""
    path = Path(__file__).parent / SAMPLE_FILE
    return FileSource(
        "the built-in sample", lambda: [make_local_member(path, SAMPLE_FILE)]
    )


class FileReader:
    """Reads tables one after the other, and holds the one at hand open between batches."""

    def __init__(
        self,
        members: list[Member],
        cursor: Cursor | None,
        version: str | None = None,
    ) -> None:
        self._version = version
        self.notes: list[str] = []
        self._positions = _copy_positions(cursor)
        self._waiting: list[Member] = []
        for member in members:
            if _has_new_rows(member, self._positions):
                self._waiting.append(member)
        # Opening checks the rows before the position: files that were read in part are
        # all checked before anything is trained on.
        self._open_tables: dict[str, TableReader] = {}
        for member in self._waiting:
            position = self._positions.get(member.name)
            if position is not None and position.offset:
                self._open_table(member)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for table in self._open_tables.values():
            table.close()

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
        from .protocol import Chunk  # noqa: PLC0415  # not before there are rows

        frames = list(self._read_frames(rows, number_columns, is_wanted))
        if not frames:
            return None
        cursor = Cursor(limit_marks(self._positions), self._version)
        if len(frames) == 1:
            return Chunk(frames[0], cursor)
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        return Chunk(pd.concat(frames, ignore_index=True), cursor)

    def _read_frames(
        self,
        rows: int,
        number_columns: frozenset[str] | None,
        is_wanted: ColumnFilter,
    ) -> Iterator[pd.DataFrame]:
        while self._waiting and rows > 0:
            member = self._waiting[0]
            table = self._open_tables.get(member.name)
            if table is None:
                table = self._open_table(member)
            frame = table.read(rows, number_columns, is_wanted)
            self._positions[member.name] = table.position
            if table.position.end is not None:
                self.notes += list_waiting([member], self._positions)
                self._open_tables.pop(member.name).close()
                del self._waiting[0]
            if frame is not None and len(frame):
                rows -= len(frame)
                yield frame

    def _open_table(self, member: Member) -> TableReader:
        position = self._positions.get(member.name, FilePosition())
        table = member.format.open_table(member, position)
        self._open_tables[member.name] = table
        if table.position.encoding and not position.offset:
            self.notes.append(
                f"{member.name} is not in UTF-8: read as {table.position.encoding}, "
                "as it seems; `encoding` settles it"
            )
        return table


def _copy_positions(cursor: Cursor | None) -> Positions:
    if cursor is None:
        return {}
    return dict(cursor.files)


def _has_new_rows(member: Member, positions: Positions) -> bool:
    """Tell whether rows may follow the position in a file.

    A file that changed without a new row gets its new end in `positions`. Raises
    SourceRewrittenError.
    """
    position = positions.get(member.name)
    if position is None:
        return True
    end = position.end
    if end is not None:
        if member.size == end.size and member.stamp() == end.stamp:
            return False
        # A file that only grows at its end cannot have changed without growing.
        if member.appends and member.size <= end.size:
            raise rewritten_error(
                member.name,
                f"{end.size} bytes were read, now it has {member.size}, "
                "others or fewer",
            )
    if not position.offset:
        return True
    if end is None and not member.appends:
        # The reader checks a packed file when it opens it; to check it here too would
        # unpack it twice.
        return True
    if member.format.has_more(member, position):
        return True
    new_end = FileEnd(member.size, member.stamp())
    positions[member.name] = position._replace(end=new_end)
    return False


def _check_missing(members: list[Member], positions: Positions) -> None:
    """Raise SourceRewrittenError where a file is gone that was read in part."""
    present = {member.name for member in members}
    for name, position in positions.items():
        if name not in present and position.end is None:
            raise rewritten_error(name, "it is gone, and was read only in part")
