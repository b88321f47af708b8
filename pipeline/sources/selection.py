"""Which tables of a source are for training: those that have the target.

A folder as it comes from Kaggle holds rows to predict, which lack the target, and an
example of a submission, whose target is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import SourceSchemaError
from .csv import explain_broken_file, find_encoding, read_header
from .cursor import FilePosition
from .members import Member

_EXAMPLE_WORDS = ("sample_submission", "samplesubmission", "gender_submission")
# An id and the target, or with a name for the row: no table to train on.
_MOST_EXAMPLE_COLUMNS = 2


class Selection(NamedTuple):
    """The tables to train on, and a line for each, or each column, that is left out."""

    members: list[Member]
    left_out: tuple[str, ...]


def select_tables(
    members: Sequence[Member],
    target: str,
    known: Mapping[str, FilePosition],
    ignored: frozenset[str] = frozenset(),
) -> Selection:
    """Leave out tables that are not for this target.

    Those of `known` names were trained on and stay. Where no table has the target
    nothing is left out: that is for the training to say. Raises SourceSchemaError for
    tables that have the target and lack a column of one before them.
    """
    columns = {}
    for member in members if target else ():
        position = known.get(member.name, FilePosition())
        columns[member.name] = _read_columns(member, position)
    candidates = [found for found in columns.values() if found and target in found]
    kept: list[Member] = []
    left_out: list[str] = []
    nameless = "has a column without a name, as of row numbers: it is left out"
    for name, found in columns.items():
        if found and "" in found:
            left_out.append(f"{name} {nameless}")
    if not candidates:
        return Selection(list(members), tuple(left_out))
    widest = max(len(found) for found in candidates)
    for member in members:
        found = columns[member.name]
        reason = ""
        if found and target not in found:
            reason = f"it has no column {target!r}"
        elif found and _is_example(member.name, len(found), widest):
            reason = "it is an example of a submission"
        if reason and member.name not in known:
            left_out.append(f"{member.name} is left out: {reason}")
        else:
            kept.append(member)
    _check_headers(kept, columns, ignored)
    return Selection(kept, tuple(left_out))


def _check_headers(
    members: Sequence[Member],
    columns: Mapping[str, list[str] | None],
    ignored: frozenset[str],
) -> None:
    """Raise SourceSchemaError where a table lacks a column of one before it."""
    places: dict[str, str] = {}
    for member in members:
        found = columns[member.name]
        if not found:
            continue
        lacking = [name for name in places if name not in found]
        if lacking:
            names = ", ".join(map(repr, sorted(lacking)))
            others = sorted({places[name] for name in lacking})
            raise SourceSchemaError(
                f"{member.name} no longer has {names}, which {', '.join(others)} has",
                hint="tables of one source need one header: name those that belong "
                "together (`source`, as a glob), or leave the columns out (`ignore`)",
            )
        for name in found:
            if name and name not in ignored:
                places.setdefault(name, member.name)


def _read_columns(member: Member, position: FilePosition) -> list[str] | None:
    """Return the names in the header of a CSV file; None of other formats."""
    if member.format.name != "CSV":
        return None
    with explain_broken_file(member.name), member.open() as stream:
        encoding = find_encoding(stream, member, position)
        return read_header(stream, member, encoding).columns


def _is_example(name: str, columns: int, widest: int) -> bool:
    plain = name.rpartition("/")[2].lower().replace("-", "_").replace(" ", "_")
    is_narrow = columns <= _MOST_EXAMPLE_COLUMNS < widest
    is_named_so = any(word in plain for word in _EXAMPLE_WORDS)
    return is_narrow and (is_named_so or "submission" in plain)
