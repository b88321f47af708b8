"""What the columns are: decided on the first batch, kept in the state, widened when columns join."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import SettingsError, SourceSchemaError
from . import columns as cells
from .columns import ABSURD, DATE, NUMBER, TEXT, is_numeric

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASKS = ("binary", "multiclass", "regression")

CODE_VALUES = 64
"""A whole-number column with at most this many values in the first batch (hour.

Month) is a category as well.
"""
PARSED_SHARE = 0.95
"""This share of the values present must parse for a column of text to count as numbers or dates."""
PROBE = 200
"""So many values are tried as dates, and as numbers before all are.

Parsing is slow, and mixed columns show early.
"""
CLASSES, ROWS_A_CLASS = 50, 3
"""A whole-number target is a set of classes if it has few values, and these come again.

Else it is an amount.
"""
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)(\.0+)?")
MOST_CLASSES = 200
"""A class costs the linear candidate two megabytes of memory and of state."""


@dataclass
class Column:
    """One feature: its kind, and whether a number is a small set of codes too."""

    name: str
    kind: str
    code: bool = False


@dataclass
class Schema:
    """The features in the order they joined, the target, the task and the classes seen so far."""

    target: str
    task: str
    columns: list[Column] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """Feature names."""
        return [column.name for column in self.columns]

    def numbers(self) -> frozenset[str]:
        """Columns that a source reads as numbers."""
        found = {column.name for column in self.columns if column.kind == NUMBER}
        return frozenset(found | {self.target} if self.task == "regression" else found)


@dataclass(frozen=True)
class Table:
    """One batch after conversion.

    Numbers with NaN, dates with NaT, categories with code -1, and the target.

    `target` is float64 of shape (rows,): the value, or the index into `Schema.classes`.
    """

    cells: Mapping[str, Any]
    target: NDArray[np.float64]
    unlabelled: int

    def __len__(self) -> int:
        return len(self.target)


def infer(
    frame: pd.DataFrame, target: str, task: str | None, ignore: Iterable[str]
) -> tuple[Schema, pd.DataFrame]:
    """Decide the kinds on the first batch; also the batch as `add_columns` gives it back.

    Raises SettingsError where the target is not a column.
    """
    if target not in frame.columns:
        raise SettingsError(
            f"the target {target!r} is no column of the source",
            hint=f"it has {', '.join(map(str, frame.columns))}",
        )
    schema = Schema(target, task or infer_task(frame[target]))
    _, frame = add_columns(schema, frame, ignore)
    if not schema.columns:
        raise SettingsError("no column is left to learn from", hint="shorten `ignore`")
    return schema, frame


def add_columns(
    schema: Schema, frame: pd.DataFrame, ignore: Iterable[str]
) -> tuple[list[str], pd.DataFrame]:
    """Take in the columns of `frame` that the schema does not know yet.

    Their names, and the frame.

    To decide that text holds numbers is to convert it, which is slow: the frame comes
    back with the numbers in place.
    """
    known = {schema.target, *schema.names(), *ignore}
    joined: list[str] = []
    converted: dict[str, NDArray[np.float64]] = {}
    for name in frame.columns:
        # What is still empty may become anything: it joins once there is a value.
        if name not in known and frame[name].notna().any():
            column, numbers = _inferred(str(name), frame[name])
            schema.columns.append(column)
            joined.append(column.name)
            converted |= {} if numbers is None else {name: numbers}
    return joined, frame.assign(**converted) if converted else frame


def described(schema: Schema) -> str:
    """The columns by kind, for the log."""
    kinds = (NUMBER, TEXT, DATE)
    of_kind = {
        kind: [column.name for column in schema.columns if column.kind == kind]
        for kind in kinds
    }
    return "; ".join(
        f"{kind}: {', '.join(names)}" for kind, names in of_kind.items() if names
    )


def infer_task(target: pd.Series[Any]) -> str:
    """`binary`, `multiclass` or `regression`, from the values of the first batch.

    Raises SettingsError for dates and lists.
    """
    present = target.dropna()
    kind = pd.api.types.infer_dtype(present)
    if kind.startswith(("date", "time")) or (
        kind == "mixed" and not present.map(pd.api.types.is_hashable).all()
    ):
        raise SettingsError(
            f"the target {str(target.name)!r} holds {kind} values, which are neither classes nor amounts",
            hint="make a number or a class of it in the source",
        )
    numbers = cells.parsed(present)
    amounts = not np.isnan(numbers).any()
    if amounts and (numbers != np.floor(numbers)).any():
        return "regression"
    distinct = present.nunique()
    if distinct <= 2:  # noqa: PLR2004  # two classes
        return "binary"
    return (
        "regression"
        if amounts and distinct > min(CLASSES, len(present) / ROWS_A_CLASS)
        else "multiclass"
    )


def convert(schema: Schema, frame: pd.DataFrame) -> Table:
    """The batch as numbers and categories; rows without a target are left out and counted.

    Classes not seen before are appended to `schema.classes`. Raises SourceSchemaError
    for removed or retyped columns, and for more classes than can be.
    """
    missing = [
        name for name in (schema.target, *schema.names()) if name not in frame.columns
    ]
    if missing:
        raise SourceSchemaError(
            f"the source no longer has {_quoted(missing)}",
            hint="bring the columns back, or start over without them: `python -m pipeline reset`",
        )
    if schema.task == "regression":
        values = cells.numbers(frame[schema.target])
        labelled = ~np.isnan(values)
    else:
        values, labelled = np.empty(0), frame[schema.target].notna().to_numpy()
    unlabelled = int(len(frame) - labelled.sum())
    if unlabelled:
        frame = frame[labelled]
    target = values[labelled] if schema.task == "regression" else _codes(schema, frame)
    return Table(features(schema, frame), target, unlabelled)


def features(schema: Schema, frame: pd.DataFrame) -> dict[str, Any]:
    """The feature columns alone, for learning and for predicting.

    A column that is absent is all missing.
    """
    return {
        column.name: cells.converted(column.kind, frame[column.name])
        if column.name in frame.columns
        else cells.absent(column.kind, len(frame))
        for column in schema.columns
    }


def _inferred(
    name: str, values: pd.Series[Any]
) -> tuple[Column, NDArray[np.float64] | None]:
    """The column, and its values where they are numbers."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return Column(name, DATE), None
    kind = pd.api.types.infer_dtype(values)
    if kind == "bytes":
        raise SourceSchemaError(
            f"{name!r} holds bytes, which say nothing as they are",
            hint="leave it out: `ignore`",
        )
    if kind == "boolean":
        return Column(name, TEXT), None
    present = values.notna().to_numpy()
    if not is_numeric(values) and not _may_be_numbers(values[present]):
        return Column(name, _kind_of_text(values[present])), None
    numbers = cells.parsed(values)
    if np.count_nonzero(~np.isnan(numbers)) >= PARSED_SHARE * np.count_nonzero(present):
        known = numbers[np.abs(numbers) <= ABSURD]
        code = bool((known % 1 == 0).all()) and len(pd.unique(known)) <= CODE_VALUES
        return Column(name, NUMBER, code=code), numbers
    return Column(name, _kind_of_text(values[present])), None


def _may_be_numbers(present: pd.Series[Any]) -> bool:
    """Whether half of some values, taken from all over the column, are numbers.

    To try all of a text is slow.
    """
    some = present.iloc[:: 1 + len(present) // PROBE]
    return bool(np.count_nonzero(~np.isnan(cells.parsed(some))) * 2 >= len(some))


def _kind_of_text(present: pd.Series[Any]) -> str:
    probe = pd.Index(present.astype(str).iloc[:PROBE].unique())
    return (
        DATE
        if cells.parse_dates(probe).to_series().notna().mean() >= PARSED_SHARE
        else TEXT
    )


def _codes(schema: Schema, frame: pd.DataFrame) -> NDArray[np.float64]:
    values = frame[schema.target]
    if is_numeric(values) and not pd.api.types.is_bool_dtype(values.dtype):
        # 1, 1.0 and "1" are one class, whatever a later file or a missing value makes
        # of the column's type.
        labels: pd.Categorical[Any] = pd.Categorical(
            pd.to_numeric(values).astype(float)
        )
        names = [label_text(value) for value in labels.categories]
    else:
        labels = (
            values.array
            if isinstance(values.dtype, pd.CategoricalDtype)
            else pd.Categorical(values.astype(str))
        )
        seen = np.unique(np.asarray(labels.codes))
        labels = (
            labels
            if len(seen) == len(labels.categories)
            else labels.remove_unused_categories()
        )
        names = [label_text(value) for value in labels.categories]
    joined = sorted({name for name in names if name not in schema.classes})
    if len(schema.classes) + len(joined) > MOST_CLASSES:
        raise SourceSchemaError(
            f"the target {schema.target!r} has more than {MOST_CLASSES} classes, {joined[-1]!r} among them",
            hint="an id is no target, rare classes can be put together, and an amount wants "
            '`task = "regression"` from the start: `python -m pipeline reset`',
        )
    schema.classes += joined
    index = np.array([schema.classes.index(name) for name in names], dtype=np.float64)
    return index[np.asarray(labels.codes)]


def label_text(value: object) -> str:
    """How a class is named.

    Whole numbers without a fraction, everything else (007 as well) as it stands.
    """
    text = str(value)
    return text.partition(".")[0] if WHOLE.fullmatch(text) else text


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
