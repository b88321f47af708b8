"""Which tables of a source are for training: those that have the target.

A folder as it comes from Kaggle holds rows to predict, which lack the target, and an
example of a submission, whose target is made up.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from .csv import explain_broken_file, read_header
from .members import Member

_EXAMPLE_WORDS = ("sample_submission", "samplesubmission", "gender_submission")
# An id and the target, or with a name for the row: no table to train on.
_MOST_EXAMPLE_COLUMNS = 2


class Selection(NamedTuple):
    """The tables to train on, and a line for each, or each column, that is left out."""

    members: list[Member]
    left_out: tuple[str, ...]


def select_tables(
    members: Sequence[Member], target: str, known: Container[str]
) -> Selection:
    """Leave out tables that are not for this target.

    Those of `known` names were trained on and stay. Where no table has the target
    nothing is left out: that is for the training to say.
    """
    columns = {}
    if target:
        for member in members:
            columns[member.name] = _read_columns(member)
    candidates = [found for found in columns.values() if found and target in found]
    kept: list[Member] = []
    left_out: list[str] = []
    for name, found in columns.items():
        if found and "" in found:
            left_out.append(
                f"{name} has a column without a name, as of row numbers: it is left out"
            )
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
    return Selection(kept, tuple(left_out))


def _read_columns(member: Member) -> list[str] | None:
    """Return the names in the header of a CSV file; None of other formats."""
    if member.format.name != "CSV":
        return None
    with explain_broken_file(member.name), member.open() as stream:
        return read_header(stream, member.name).columns


def _is_example(name: str, columns: int, widest: int) -> bool:
    plain = name.rpartition("/")[2].lower().replace("-", "_").replace(" ", "_")
    is_narrow = columns <= _MOST_EXAMPLE_COLUMNS < widest
    is_named_so = any(word in plain for word in _EXAMPLE_WORDS)
    return is_narrow and (is_named_so or "submission" in plain)
