"""How far each file was learnt, and what to know it again by."""

from __future__ import annotations

from typing import Any, Self

from ..errors import SourceRewrittenError

MARKS = 24
"""At most this many probes of what was learnt are kept a file.

With more, every other one goes and they thin out.
"""
MANY_FILES = 16
"""With more files than this, those at their end keep only their first and last probe."""

Cursor = dict[str, Any]


class Place:
    """How far one file was learnt.

    `offset` counts unpacked bytes (CSV) or rows (Parquet); `end` is size and stamp of
    the container when its end was reached; a mark is [start, length, digest] of bytes
    that were learnt, and for Parquet what that module says. The first mark and the last
    always stay; those between lie `stride` batches apart.
    """

    __slots__ = ("end", "marks", "offset", "records", "stride", "taken")

    def __init__(self) -> None:
        self.offset = 0
        self.records = 0
        self.end: list[Any] | None = None
        self.marks: list[list[Any]] = []
        self.taken = 0
        self.stride = 1

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """As the state kept it."""
        place = cls()
        for name in cls.__slots__:
            setattr(place, name, kept[name])
        place.marks = [list(mark) for mark in place.marks]
        return place

    def kept(self) -> dict[str, Any]:
        """For the state; a copy."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "marks": [list(mark) for mark in self.marks]
        }

    def mark(self, start: int, length: int, name: str) -> None:
        """Remember a probe."""
        if len(self.marks) > 1 and self.taken % self.stride:
            self.marks.pop()
        self.marks.append([start, length, name])
        self.taken += 1
        if len(self.marks) > MARKS:
            self.marks = [self.marks[0], *self.marks[2:-1:2], self.marks[-1]]
            self.stride *= 2


def sound(cursor: object) -> bool:
    """Whether a cursor that was read has the form of one."""
    files = cursor.get("files") if isinstance(cursor, dict) else None
    return isinstance(files, dict) and all(map(_sound_place, files.values()))


def _sound_place(kept: object) -> bool:
    if (
        not isinstance(kept, dict)
        or set(kept) != set(Place.__slots__)
        or not isinstance(kept["marks"], list)
    ):
        return False
    end = kept["end"]
    return (
        all(
            type(kept[name]) is int and kept[name] >= 0
            for name in ("offset", "records", "taken")
        )
        and type(kept["stride"]) is int
        and kept["stride"] > 0
        and (
            end is None
            or (isinstance(end, list) and [type(each) for each in end] == [int, str])
        )
        and all(map(_sound_mark, kept["marks"]))
    )


def _sound_mark(mark: object) -> bool:
    """Of bytes: start, length, digest; of Parquet: rows, names of columns, digest."""
    if not isinstance(mark, list) or [type(each) for each in mark] not in (
        [int, int, str],
        [int, list, str],
    ):
        return False
    return isinstance(mark[1], int) or all(isinstance(name, str) for name in mark[1])


def places_of(cursor: Cursor | None) -> dict[str, Place]:
    """The cursor as records."""
    return {
        name: Place.of(place) for name, place in (cursor or {}).get("files", {}).items()
    }


def cursor_of(places: dict[str, Place]) -> Cursor:
    """The places as what the state keeps; a copy."""
    kept = {name: place.kept() for name, place in places.items()}
    if len(kept) > MANY_FILES:
        for place in kept.values():
            if place["end"] is not None and len(place["marks"]) > 1:
                place["marks"] = [place["marks"][0], place["marks"][-1]]
    return {"files": kept}


def rewritten(name: str, reason: str) -> SourceRewrittenError:
    """The error for data that changed after it was learnt."""
    return SourceRewrittenError(
        f"{name} was rewritten under what was learnt: {reason}",
        hint="bring the old file back and only append to it; or `on_rewrite`: restart, or key; "
        "or start over: `python -m pipeline reset`",
    )
