"""Which tables of a source are for training: those that have the target.

A folder as it comes from Kaggle holds rows to predict, which lack the target, an
example of a submission, whose target is made up, and files that are no tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..errors import SourceError, SourceSchemaError
from .csv import explain_broken_file, find_encoding, is_broken_file, read_header
from .cursor import FilePosition
from .formats import CSV, PARQUET, open_parquet_table
from .members import Member

_EXAMPLE_WORDS = ("samplesubmission", "gendersubmission", "submissionexample")
# An id and the target, or with a name for the row: no table to train on.
_MOST_EXAMPLE_COLUMNS = 2
_TRAINING_WORDS = {"train", "training"}
_TEST_WORDS = {"test", "testing", "val", "valid", "validation", "holdout", "eval"}


class Selection(NamedTuple):
    """The tables to train on, and a line for each, or each column, that is left out."""

    members: list[Member]
    left_out: tuple[str, ...]


class _Table(NamedTuple):
    member: Member
    columns: list[str] | None
    is_known: bool
    problem: str = ""

    @property
    def name(self) -> str:
        return self.member.name


def select_tables(
    members: Sequence[Member],
    target: str,
    known: Mapping[str, FilePosition],
    name_table: Callable[[Member], str],
    ignored: frozenset[str] = frozenset(),
) -> Selection:
    """Leave out tables that are not for this target.

    Those of `known` names were trained on and stay. Where no table has the target
    nothing is left out: that is for the training to say. Raises SourceSchemaError where
    several tables may be meant, with what to set `source` to, and for one that lacks a
    column of one before it; SourceError where the only labels are made up.
    """
    tables = _read_tables(members, known) if target else []
    left_out = _list_unnamed_columns(tables)
    candidates = [table for table in tables if target in (table.columns or ())]
    if not candidates:
        return Selection(list(members), left_out)
    reasons = _find_reasons(tables, candidates, target)
    kept: list[_Table] = []
    for table in tables:
        reason = reasons.get(table.name)
        if reason and not table.is_known:
            left_out += (f"{table.name} is left out: {reason}",)
        else:
            kept.append(table)
    if not kept:
        raise SourceError(
            f"the only table with {target!r} is an example of a submission: "
            f"{candidates[0].name}",
            hint="its answers are made up; name a table with true ones in `source`",
        )
    _check_headers(kept, ignored, name_table)
    return Selection([table.member for table in kept], left_out)


def _read_tables(
    members: Sequence[Member], known: Mapping[str, FilePosition]
) -> list[_Table]:
    """Read the header of each table; one that cannot be read has a problem.

    Raises SourceError for spoilt bytes, and where no table can be read.
    """
    tables: list[_Table] = []
    first_error: SourceError | None = None
    for member in members:
        position = known.get(member.name)
        is_known = position is not None
        try:
            columns = _read_columns(member, position)
            tables.append(_Table(member, columns, is_known))
        except SourceError as error:
            if is_broken_file(error) or is_known:
                raise
            first_error = first_error or error
            problem = error.message.removeprefix(f"{member.name} ")
            tables.append(_Table(member, [], is_known, problem))
    if first_error is not None and all(table.problem for table in tables):
        raise first_error
    return tables


def _read_columns(member: Member, position: FilePosition | None) -> list[str] | None:
    """Return the names in the header; None where that is dear and not asked for."""
    if member.format is PARQUET and position is None:
        table = open_parquet_table(member, FilePosition())
        table.close()
        return table.columns
    if member.format is not CSV:
        return None
    with explain_broken_file(member.name), member.open() as stream:
        encoding = find_encoding(stream, member, position or FilePosition())
        return read_header(stream, member, encoding).columns


def _list_unnamed_columns(tables: Sequence[_Table]) -> tuple[str, ...]:
    names = [table.name for table in tables if "" in (table.columns or ())]
    reason = "has a column without a name, as of row numbers: it is left out"
    return tuple(f"{name} {reason}" for name in names)


def _find_reasons(
    tables: Sequence[_Table], candidates: Sequence[_Table], target: str
) -> dict[str, str]:
    """Find why tables are left out."""
    widest = max(len(table.columns or ()) for table in candidates)
    trains = any(_split_words(table.name) & _TRAINING_WORDS for table in candidates)
    reasons = {}
    seen: set[tuple[int, str]] = set()
    sizes = Counter(table.member.size for table in tables)
    # What was trained on is no copy of another; a later file may be one of it.
    for table in tables:
        if table.is_known:
            _is_copy(table.member, seen, sizes)
    for table in tables:
        words = _split_words(table.name)
        is_test = bool(words & _TEST_WORDS) and not words & _TRAINING_WORDS
        if table.problem:
            reasons[table.name] = f"it is no table: {table.problem}"
        elif table.columns is None:
            continue
        elif target not in table.columns:
            reasons[table.name] = f"it has no column {target!r}"
        elif _is_example(table.name, len(table.columns), widest, len(tables)):
            reasons[table.name] = "it is an example of a submission"
        elif trains and is_test:
            reasons[table.name] = "by its name it is for tests, not for training"
        elif not table.is_known and _is_copy(table.member, seen, sizes):
            reasons[table.name] = "it holds the same bytes as another"
    return reasons


def _is_example(name: str, columns: int, widest: int, tables: int) -> bool:
    """Tell whether it is an example of a submission.

    By a name that says so, among other tables; by "submission" alone only where it is
    narrow and another is not.
    """
    plain = re.sub(r"[^a-z]", "", re.split(r"[/!]", name)[-1].lower())
    is_named_so = any(word in plain for word in _EXAMPLE_WORDS)
    is_narrow = columns <= _MOST_EXAMPLE_COLUMNS < widest
    return (is_named_so and tables > 1) or (is_narrow and "submission" in plain)


def _is_copy(
    member: Member, seen: set[tuple[int, str]], sizes: Mapping[int, int]
) -> bool:
    # Of another size, it is another table.
    # A stamp costs a look into the file.
    if sizes[member.size] == 1:
        return False
    identity = (member.size, member.stamp())
    if identity in seen:
        return True
    seen.add(identity)
    return False


def _check_headers(
    tables: Sequence[_Table],
    ignored: frozenset[str],
    name_table: Callable[[Member], str],
) -> None:
    """Raise SourceSchemaError where tables of other columns are left.

    Parts of one table differ in their numbers at most, and may gain columns.
    """
    families = {re.sub(r"\d+", "0", table.name) for table in tables}
    is_first = len(families) > 1 and not any(table.is_known for table in tables)
    hint = (
        "tables of one source need one header: name those that belong "
        "together (`source`, as a glob), or leave the columns out (`ignore`)"
    )
    if is_first:
        names = " or ".join(f'"{name_table(table.member)}"' for table in tables)
        hint = f"set `source` to the one that is meant: {names}; {hint}"
    places: dict[str, str] = {}
    for table in tables:
        if not table.columns:
            continue
        found = set(table.columns) - ignored - {""}
        lacking = places.keys() - found
        if lacking:
            missing = ", ".join(map(repr, sorted(lacking)))
            others = sorted({places[name] for name in lacking})
            raise SourceSchemaError(
                f"{table.name} no longer has {missing}, which {', '.join(others)} has",
                hint=hint,
            )
        # Who ignores columns has said that these tables belong together.
        is_unsaid = is_first and not ignored
        if is_unsaid and places and found - places.keys():
            more = ", ".join(map(repr, sorted(found - places.keys())))
            raise SourceSchemaError(
                f"{table.name} has {more}, which {tables[0].name} lacks", hint=hint
            )
        places.update(dict.fromkeys(found - places.keys(), table.name))


def _split_words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.split(r"[/!]", name)[-1].lower()))
