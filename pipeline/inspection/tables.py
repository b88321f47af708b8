"""The tables of a source by their headers, and which column may be the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..sources.cursor import FilePosition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sources.members import Member

# So many tables are opened for their header.
MOST_TABLES = 50
USUAL_TARGETS = ("target", "label", "class", "y", "outcome", "survived", "diagnosis")


class TableHeader(NamedTuple):
    """A table, its columns, and the encoding it was found to be in, "" for UTF-8."""

    name: str
    columns: tuple[str, ...]
    encoding: str


class Guess(NamedTuple):
    """A column that may be the target, and why."""

    column: str
    reason: str


def read_headers(members: Sequence[Member]) -> list[TableHeader]:
    """The headers of the first tables. Raises SourceError."""
    headers = []
    for member in members[:MOST_TABLES]:
        table = member.format.open_table(member, FilePosition())
        try:
            frame = table.read(1, None, lambda _: True)
            encoding = table.position.encoding
        finally:
            table.close()
        if frame is not None:
            columns = tuple(map(str, frame.columns))
            headers.append(TableHeader(member.name, columns, encoding))
    return headers


def guess_target(headers: Sequence[TableHeader]) -> Guess | None:
    """The column that a table to predict lacks, one of a usual name, or the last."""
    tables = [one for one in headers if "submission" not in one.name.lower()]
    for table in tables:
        for other in tables:
            extra = set(table.columns) - set(other.columns)
            is_part = set(other.columns) < set(table.columns)
            if is_part and len(extra) == 1 and len(other.columns) > 1:
                (column,) = extra
                reason = f"{table.name} has it and {other.name} lacks it"
                return Guess(column, reason)
    if not headers:
        return None
    widest = max(headers, key=lambda header: len(header.columns))
    for name in widest.columns:
        if name.lower() in USUAL_TARGETS:
            return Guess(name, "by its name")
    if not widest.columns:
        return None
    return Guess(widest.columns[-1], "the last column")


def describe_differences(headers: Sequence[TableHeader], target: str) -> list[str]:
    """A line for each table with the target whose columns are not those of the first."""
    lines = []
    tables = [table for table in headers if target in table.columns]
    for table in tables[1:]:
        first = tables[0]
        lacking = sorted(set(first.columns) - set(table.columns))
        more = sorted(set(table.columns) - set(first.columns))
        if lacking:
            lines.append(f"{table.name} lacks {', '.join(lacking)} of {first.name}")
        if more:
            lines.append(f"{table.name} has {', '.join(more)} besides")
    return lines
