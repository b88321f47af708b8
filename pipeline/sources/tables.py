"""Tables in files, one file after the other, from where the cursor stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Self

from . import csv as csvfile
from .cursor import Cursor, Place, cursor_of, places_of, rewritten
from .members import Member

if TYPE_CHECKING:
    import pandas as pd

    from .parquet import ParquetTable

Wanted = Callable[[str], bool]


class Chunk(NamedTuple):
    """The next rows and the cursor after them."""

    frame: pd.DataFrame
    cursor: Cursor


class Files:
    """An ordered set of tables."""

    def __init__(self, label: str, members: Callable[[], list[Member]]) -> None:
        self.label = label
        self._members = members
        self._looked: dict[str, Place] = {}

    def has_new(self, cursor: Cursor | None) -> bool:
        """Whether rows are there that the cursor has not passed.

        Imports neither pandas nor numpy for CSV.

        Raises SourceRewrittenError where what was learnt is not there any more.
        """
        places = places_of(cursor)
        members = self._members()
        _check_gone(members, places)
        # All of them, not just up to the first: whatever was rewritten is to be known now.
        new = sum(_has_new(member, places.get(member.name)) for member in members) > 0
        self._looked = places
        return new

    def looked(self, cursor: Cursor) -> Cursor:
        """The cursor after a look that found nothing new.

        Files that changed without a new row are known by now.
        """
        return {**cursor, **cursor_of(self._looked)} if self._looked else cursor

    def reader(self, cursor: Cursor | None) -> Reader:
        """Reads on from the cursor. Raises SourceRewrittenError."""
        return Reader(self._members(), places_of(cursor))


class Reader:
    """Holds the file it is in open between batches."""

    def __init__(self, members: list[Member], places: dict[str, Place]) -> None:
        self.kept: Cursor = {}
        self._places = places
        self._waiting = [
            member for member in members if _has_new(member, places.get(member.name))
        ]
        # Files learnt in part are looked at first of all: what was rewritten is known
        # before anything is learnt.
        self._open = {
            member.name: _opened(member, places[member.name])
            for member in self._waiting
            if member.name in places and places[member.name].offset
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for table in self._open.values():
            table.close()

    def read(
        self, rows: int, numbers: frozenset[str] | None, wanted: Wanted
    ) -> Chunk | None:
        """Up to `rows` rows, across files, or None where nothing is left.

        `numbers` are the columns known to hold numbers; None reads every cell as text,
        for deciding the kinds.
        """
        frames = list(self._frames(rows, numbers, wanted))
        if not frames:
            return None
        import pandas as pd  # noqa: PLC0415  # not before there are rows

        whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
        return Chunk(whole, {**cursor_of(self._places), **self.kept})

    def _frames(
        self, rows: int, numbers: frozenset[str] | None, wanted: Wanted
    ) -> Iterator[pd.DataFrame]:
        while self._waiting and rows > 0:
            member = self._waiting[0]
            place = self._places.setdefault(member.name, Place())
            if member.name not in self._open:
                self._open[member.name] = _opened(member, place)
            frame = self._open[member.name].take(rows, numbers, wanted)
            if place.end is not None:
                self._open.pop(member.name).close()
                del self._waiting[0]
            if frame is not None and len(frame):
                rows -= len(frame)
                yield frame


def _opened(member: Member, place: Place) -> csvfile.CsvTable | ParquetTable:
    return (
        _parquet(member, place) if member.parquet else csvfile.CsvTable(member, place)
    )


def _parquet(member: Member, place: Place) -> ParquetTable:
    from .parquet import ParquetTable  # noqa: PLC0415  # brings pyarrow

    return ParquetTable(member, place)


def _has_new(member: Member, place: Place | None) -> bool:
    """Whether rows may follow the place.

    Where a changed file turns out to hold none, its new end is the place's.
    """
    if place is None or (place.end is None and not place.offset):
        return True
    if place.end is not None:
        size, stamp = place.end
        if member.size == size and member.stamp() == stamp:
            return False
        if member.appends and member.size <= size:
            raise rewritten(
                member.name,
                f"{size} bytes were learnt, now it has {member.size}, others or fewer",
            )
        if not place.offset:
            return True
    elif not member.appends:
        # What was learnt of a packed file is checked when it is opened; to do it here
        # too would unpack it twice.
        return True
    if member.parquet:
        table = _parquet(member, place)
        table.close()
        more = table.has_more()
    else:
        more = csvfile.has_more(member, place)
    if not more:
        place.end = [member.size, member.stamp()]
    return more


def _check_gone(members: list[Member], places: dict[str, Place]) -> None:
    names = {member.name for member in members}
    for name, place in places.items():
        if name not in names and place.end is None:
            raise rewritten(name, "it is gone, and was learnt only in part")
