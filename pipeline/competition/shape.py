"""A submission: the ids of the example that the competition gives, each with an answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pandas as pd

from ..errors import SourceError
from ..sources.csv import find_encoding, read_header
from ..sources.cursor import FilePosition
from ..sources.files import FileReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sources.members import Member
    from ..sources.protocol import Reader

SHARE = "share_"


class Predict(Protocol):
    """Scores rows into a CSV file, with some of their columns as they came."""

    def __call__(self, reader: Reader, output: Path, ids: Sequence[str], /) -> object:
        """Score them. Raises PipelineError."""


class Tables(NamedTuple):
    """The example of a submission, and the rows that it wants answers to."""

    example: Member
    rows: Member


def find_tables(members: Sequence[Member], target: str) -> Tables:
    """Find both by name and header. Raises SourceError where one is missing."""
    examples, others = [], []
    for member in members:
        name = re.sub(r"[^a-z]", "", re.split(r"[/!]", member.name)[-1].lower())
        if "submission" in name:
            examples.append(member)
        else:
            others.append(member)
    if len(examples) != 1:
        raise SourceError(
            f"{len(examples)} tables are examples of a submission, not one",
            hint="only competitions that take a file are handed in by wfgen",
        )
    (example,) = examples
    id_column = _read_columns(example)[0]
    for member in others:
        columns = _read_columns(member)
        if id_column in columns and target not in columns:
            return Tables(example, member)
    raise SourceError(f"no table has {id_column!r} and lacks {target!r}")


def write_submission(predict: Predict, tables: Tables, output: Path) -> int:
    """Write the answers in the order and the columns of the example.

    Returns how many. Raises SourceError where the example wants an id without a row.
    """
    with tables.example.open() as stream:
        example = pd.read_csv(stream, dtype=str)
    id_column, *wanted = map(str, example.columns)
    scored = output.with_suffix(".all.csv")
    with FileReader([tables.rows], None) as reader:
        predict(reader, scored, [id_column])
    predictions = pd.read_csv(scored, dtype=str).set_index(id_column)
    scored.unlink()
    absent = example.loc[~example[id_column].isin(predictions.index), id_column]
    if len(absent):
        raise SourceError(
            f"the example of a submission has the id {absent.iloc[0]}, "
            f"{tables.rows.name} has not"
        )
    answers = predictions.loc[example[id_column]]
    for name in wanted:
        source = _choose_column(list(answers.columns), name, example[name])
        example[name] = answers[source].to_numpy()
    example.to_csv(output, index=False)
    return len(example)


def _choose_column(columns: Sequence[str], name: str, answers: pd.Series[str]) -> str:
    """Choose what a column of the example is to hold.

    The share of the class that it is called by; of two classes the share of the second
    where the example has decimals there; else what is predicted.
    """
    if SHARE + name in columns:
        return SHARE + name
    shares = [column for column in columns if column.startswith(SHARE)]
    has_decimals = answers.str.contains(".", regex=False).any()
    if has_decimals and len(shares) == 2:  # noqa: PLR2004  # classes
        return shares[1]
    return "prediction"


def _read_columns(member: Member) -> list[str]:
    with member.open() as stream:
        encoding = find_encoding(stream, member, FilePosition())
        return read_header(stream, member, encoding).columns
