"""What the columns are: decided on the first batch, kept in the state, widened later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import SettingsError, SourceSchemaError
from ..program import COMMAND
from ..tasks import BINARY, MULTICLASS, REGRESSION
from .reading.columns import (
    DATE,
    LARGEST_NUMBER,
    NUMBER,
    TEXT,
    convert_column,
    convert_numbers,
    is_numeric,
    make_missing_column,
    parse_dates,
    parse_numbers,
)
from .reading.styles import (
    PLAIN,
    UNTOLD,
    FoundStyle,
    StyleChoice,
    find_date_style,
    find_number_style,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reading.columns import ColumnValues

    Array = NDArray[np.float64]

# A column of whole numbers (an hour, a month) with at most this many values in the
# first batch is a category as well.
CODE_VALUES = 64
# This share of the values present must parse for text to count as numbers or dates.
PARSED_SHARE = 0.95
# So many values are tried as dates, and as numbers before all are: parsing is slow, and
# mixed columns show early.
PROBED_VALUES = 200
# A target of whole numbers is an amount where it has more values than this, or each
# comes in fewer rows than this; else its values are classes.
MOST_AMOUNT_CLASSES, ROWS_A_CLASS = 50, 3
# A class costs the linear candidate two megabytes of memory and of state.
MOST_CLASSES = 200
TWO_CLASSES = 2
WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.0+)?")


@dataclass
class Column:
    """One feature: its kind, and whether a number is a small set of codes too."""

    name: str
    kind: str
    is_code: bool = False
    style: str = PLAIN
    """How its numbers or dates are written: of `styles`."""


@dataclass
class Schema:
    """The features in the order they joined, the target, the task and the known classes."""

    target: str
    task: str
    columns: list[Column] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    target_style: str = PLAIN
    """How amounts of the target are written: of `styles`."""

    @property
    def names(self) -> list[str]:
        """The columns of the source that are features."""
        return [column.name for column in self.columns]

    @property
    def number_names(self) -> frozenset[str]:
        """The columns that a source reads as numbers, the target of a regression too."""
        names = set()
        for column in self.columns:
            if column.kind == NUMBER and column.style == PLAIN:
                names.add(column.name)
        if self.task == REGRESSION and self.target_style == PLAIN:
            names.add(self.target)
        return frozenset(names)

    @property
    def has_many_classes(self) -> bool:
        """Whether more than two classes were seen."""
        return len(self.classes) > TWO_CLASSES


@dataclass(frozen=True)
class Table:
    """One batch: feature columns by name, and the target of shape (rows,).

    The target holds class indices, or values. Rows without one are left out and counted
    in `unlabelled`.
    """

    columns: dict[str, ColumnValues]
    target: Array
    unlabelled: int

    def __len__(self) -> int:
        return len(self.target)


class Inferred(NamedTuple):
    """What was decided on a batch.

    The names of the columns that joined; the batch, with numbers in place of text where
    deciding that text holds numbers has parsed it, which is slow and not done twice; and
    warnings where it was guessed.
    """

    added: list[str]
    frame: pd.DataFrame
    warnings: list[str]


def infer_schema(
    frame: pd.DataFrame,
    target: str,
    task: str | None,
    ignore: Iterable[str],
    choice: StyleChoice = UNTOLD,
) -> tuple[Schema, Inferred]:
    """Decide on the first batch.

    Raises SettingsError where the target is not a column, or no feature is left.
    """
    if target not in frame.columns:
        raise SettingsError(
            f"the target {target!r} is no column of the source",
            hint=f"it has {', '.join(map(str, frame.columns))}",
        )
    style = _find_target_style(frame[target], choice)
    if task is None:
        task = REGRESSION if style.style else infer_task(frame[target])
    schema = Schema(target, task)
    warnings = _describe_blanks(target, frame[target])
    if task == REGRESSION:
        schema.target_style = style.style
        warnings += filter(None, [style.warning])
    inferred = add_columns(schema, frame, ignore, choice)
    if not schema.columns:
        raise SettingsError("no column is left to train on", hint="shorten `ignore`")
    return schema, inferred._replace(warnings=warnings + inferred.warnings)


def _find_target_style(target: pd.Series[Any], choice: StyleChoice) -> FoundStyle:
    """The style of a target whose texts are amounts only once they are read in it."""
    present = target.dropna()
    if is_numeric(target) or not len(present) or _may_be_numbers(present):
        return FoundStyle(PLAIN)
    texts = present.astype(str).unique().tolist()
    found = find_number_style(str(target.name), texts[:PROBED_VALUES], choice)
    # Codes like "1,234" and "5,678" alone are two classes, not amounts.
    if found is None or len(texts) <= TWO_CLASSES:
        return FoundStyle(PLAIN)
    return found


def _describe_blanks(target: str, values: pd.Series[Any]) -> list[str]:
    """A note where labels have blanks around them, which are not theirs."""
    if is_numeric(values):
        return []
    texts = values.dropna().astype(str).unique()
    padded = [text for text in texts if text != text.strip()]
    if not padded:
        return []
    note = f"{target!r} has blanks around labels ({padded[0]!r}): they are stripped"
    return [f"note: {note}"]


def add_columns(
    schema: Schema,
    frame: pd.DataFrame,
    ignore: Iterable[str],
    choice: StyleChoice = UNTOLD,
) -> Inferred:
    """Take in the columns of a frame that the schema does not know yet."""
    known = {schema.target, *schema.names, *ignore}
    added: list[str] = []
    warnings: list[str] = []
    parsed: dict[str, Array] = {}
    for name in frame.columns:
        # What is still empty may become anything: it joins once there is a value.
        if name in known or not frame[name].notna().any():
            continue
        found = _infer_column(str(name), frame[name], choice)
        schema.columns.append(found.column)
        added.append(found.column.name)
        warnings += filter(None, [found.warning])
        if found.numbers is not None:
            parsed[name] = found.numbers
    if parsed:
        frame = frame.assign(**parsed)
    return Inferred(added, frame, warnings)


def describe_columns(schema: Schema) -> str:
    """The columns by kind, for the log."""
    parts = []
    for kind in (NUMBER, TEXT, DATE):
        names = [column.name for column in schema.columns if column.kind == kind]
        if names:
            parts.append(f"{kind}: {', '.join(names)}")
    return "; ".join(parts)


def infer_task(target: pd.Series[Any]) -> str:
    """`binary`, `multiclass` or `regression`, from the values of the first batch.

    Raises SettingsError for dates and lists.
    """
    present = target.dropna()
    kind = pd.api.types.infer_dtype(present)
    is_unhashable = kind == "mixed" and not present.map(pd.api.types.is_hashable).all()
    if kind.startswith(("date", "time")) or is_unhashable:
        raise SettingsError(
            f"the target {str(target.name)!r} holds {kind} values, "
            "which are neither classes nor amounts",
            hint="make a number or a class of it in the source",
        )
    numbers = parse_numbers(present)
    is_amount = not np.isnan(numbers).any()
    if is_amount and (numbers != np.floor(numbers)).any():
        return REGRESSION
    if not is_numeric(present):
        present = present.astype(str).str.strip()
    distinct = present.nunique()
    if distinct <= TWO_CLASSES:
        return BINARY
    most = min(MOST_AMOUNT_CLASSES, len(present) / ROWS_A_CLASS)
    if is_amount and distinct > most:
        return REGRESSION
    return MULTICLASS


def convert_batch(schema: Schema, frame: pd.DataFrame) -> Table:
    """The batch as numbers and categories.

    Classes not seen before are appended to `schema.classes`. Raises SourceSchemaError
    for removed or retyped columns, and for more classes than can be.
    """
    wanted = (schema.target, *schema.names)
    missing = [repr(name) for name in wanted if name not in frame.columns]
    if missing:
        raise SourceSchemaError(
            f"the source no longer has {', '.join(missing)}",
            hint="bring the columns back, or start over without them: "
            f"`{COMMAND} reset`",
        )
    is_regression = schema.task == REGRESSION
    values = np.empty(0)
    if is_regression:
        values = convert_numbers(frame[schema.target], schema.target_style)
        labelled = ~np.isnan(values)
    else:
        labelled = frame[schema.target].notna().to_numpy()
    unlabelled = int(len(frame) - labelled.sum())
    if unlabelled:
        frame = frame[labelled]
    target = values[labelled] if is_regression else _index_classes(schema, frame)
    return Table(convert_features(schema, frame), target, unlabelled)


def convert_features(schema: Schema, frame: pd.DataFrame) -> dict[str, ColumnValues]:
    """The feature columns alone, for training and for predicting.

    A column that is absent is all missing. Raises SourceSchemaError for a retyped one.
    """
    columns = {}
    for column in schema.columns:
        if column.name in frame.columns:
            values = convert_column(column.kind, frame[column.name], column.style)
        else:
            values = make_missing_column(column.kind, len(frame))
        columns[column.name] = values
    return columns


class _FoundColumn(NamedTuple):
    """A column, its values where they are numbers, and a warning where it was guessed."""

    column: Column
    numbers: Array | None = None
    warning: str = ""


def _infer_column(
    name: str, values: pd.Series[Any], choice: StyleChoice
) -> _FoundColumn:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _FoundColumn(Column(name, DATE))
    kind = pd.api.types.infer_dtype(values)
    if kind == "bytes":
        raise SourceSchemaError(
            f"{name!r} holds bytes, which say nothing as they are",
            hint="leave it out: `ignore`",
        )
    if kind == "boolean":
        return _FoundColumn(Column(name, TEXT))
    present = values.notna().to_numpy()
    if not is_numeric(values) and not _may_be_numbers(values[present]):
        return _infer_text(name, values[present], choice)
    numbers = parse_numbers(values)
    parsed = np.count_nonzero(~np.isnan(numbers))
    if parsed < PARSED_SHARE * np.count_nonzero(present):
        return _infer_text(name, values[present], choice)
    return _FoundColumn(Column(name, NUMBER, is_code=_is_code(numbers)), numbers)


def _is_code(numbers: Array) -> bool:
    """Whether they are few whole numbers."""
    known = numbers[np.abs(numbers) <= LARGEST_NUMBER]
    return bool((known % 1 == 0).all()) and len(pd.unique(known)) <= CODE_VALUES


def _may_be_numbers(present: pd.Series[Any]) -> bool:
    """Whether half of some values, taken from all over the column, are numbers."""
    some = present.iloc[:: 1 + len(present) // PROBED_VALUES]
    parsed = np.count_nonzero(~np.isnan(parse_numbers(some)))
    return bool(parsed * 2 >= len(some))


def _infer_text(
    name: str, present: pd.Series[Any], choice: StyleChoice
) -> _FoundColumn:
    """Decide on a column of text that is no plain number: its kind and its style."""
    some = present.astype(str).iloc[:PROBED_VALUES].unique()
    numbers = find_number_style(name, some.tolist(), choice)
    if numbers is not None:
        return _FoundColumn(
            Column(name, NUMBER, style=numbers.style), warning=numbers.warning
        )
    parsed_share = parse_dates(pd.Index(some)).to_series().notna().mean()
    if parsed_share < PARSED_SHARE:
        return _FoundColumn(Column(name, TEXT))
    # Of all rows: one part beyond twelve decides, and may be far down.
    texts = present.astype(str).unique().tolist()
    dates = find_date_style(name, texts, choice)
    if dates is None:
        raise SourceSchemaError(
            f"{name!r} has dates with the day first and with the month first",
            hint="write all of them one way, as 2026-01-31, or leave the column out: "
            "`ignore`",
        )
    return _FoundColumn(Column(name, DATE, style=dates.style), warning=dates.warning)


def _index_classes(schema: Schema, frame: pd.DataFrame) -> Array:
    """Each row's class as an index into `schema.classes`, to which new ones are added."""
    labels = categorize_labels(frame[schema.target])
    names = [format_label(value) for value in labels.categories]
    new = sorted({name for name in names if name not in schema.classes})
    if len(schema.classes) + len(new) > MOST_CLASSES:
        raise SourceSchemaError(
            f"the target {schema.target!r} has more than {MOST_CLASSES} classes, "
            f"{new[-1]!r} among them",
            hint="an id is no target, rare classes can be put together, and an amount "
            f'wants `task = "regression"` from the start: `{COMMAND} reset`',
        )
    schema.classes += new
    indices = [schema.classes.index(name) for name in names]
    return np.array(indices, dtype=np.float64)[np.asarray(labels.codes)]


def categorize_labels(values: pd.Series[Any]) -> pd.Categorical[Any]:
    """The classes of each row, without categories that do not come."""
    is_bool = pd.api.types.is_bool_dtype(values.dtype)
    if is_numeric(values) and not is_bool:
        # 1, 1.0 and "1" are one class, whatever a later file or a missing value makes
        # of the column's type.
        return pd.Categorical(pd.to_numeric(values).astype(float))
    labels: pd.Categorical[Any]
    if isinstance(values.dtype, pd.CategoricalDtype):
        labels = values.array
    else:
        labels = pd.Categorical(values.astype(str))
    seen = np.unique(np.asarray(labels.codes))
    if len(seen) < len(labels.categories):
        labels = labels.remove_unused_categories()
    return labels


def format_label(value: object) -> str:
    """How a class is named.

    Whole numbers without a fraction, everything else (007 as well) as it stands.
    """
    text = str(value).strip()
    if WHOLE_NUMBER.fullmatch(text):
        return text.partition(".")[0]
    return text
