"""What the columns are: decided on the first batch, kept in the state, widened later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import SettingsError, SourceSchemaError
from ..missing_words import USUAL_WORDS, resolve_words
from ..program import COMMAND
from ..tasks import REGRESSION
from .reading.columns import (
    DATE,
    NUMBER,
    TEXT,
    Reading,
    convert_column,
    convert_numbers,
    make_missing_column,
    mark_missing,
    replace_columns,
)
from .reading.hints import describe_blanks, describe_column, describe_look_alikes
from .reading.inference import has_values, infer_column
from .reading.styles import PLAIN, UNTOLD, ReadingChoice
from .reading.target import (
    TWO_CLASSES,
    categorize_labels,
    format_label,
    infer_task,
    list_labels,
    read_target,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from .reading.columns import ColumnValues

    Array = NDArray[np.float64]

# A class costs the linear candidate two megabytes of memory and of state.
MOST_CLASSES = 200


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
    missing: tuple[str, ...] | None = None
    """Words that stand for a missing value in a feature; None for the usual ones."""
    target_missing: tuple[str, ...] | None = None
    """Those in the target; without the usual ones where they are classes."""

    @property
    def missing_words(self) -> tuple[str, ...]:
        """Words that stand for a missing value in a feature."""
        return USUAL_WORDS if self.missing is None else self.missing

    @property
    def target_words(self) -> tuple[str, ...]:
        """Words that stand for a missing target."""
        if self.target_missing is None:
            return USUAL_WORDS
        return self.target_missing

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
    notes: tuple[str, ...] = ()
    """What was odd in it."""

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
    choice: ReadingChoice = UNTOLD,
) -> tuple[Schema, Inferred]:
    """Decide on the first batch.

    Raises SettingsError where the target is not a column, or no feature is left.
    """
    if target not in frame.columns:
        raise SettingsError(
            f"the target {target!r} is no column of the source",
            hint=f"it has {', '.join(map(str, frame.columns))}",
        )
    found = read_target(frame[target], task, choice)
    if task is None:
        task = REGRESSION if found.style else infer_task(found.values)
    schema = Schema(target, task)
    schema.missing = resolve_words(choice.missing)
    schema.target_missing = found.missing
    warnings = list(found.notes)
    if task == REGRESSION:
        schema.target_style = found.style or found.amount_style
    else:
        warnings += describe_blanks(frame[target])
        warnings += describe_look_alikes(target, [], list_labels(found.values))
    inferred = add_columns(schema, frame, ignore, choice)
    if not schema.columns:
        raise SettingsError("no column is left to train on", hint="shorten `ignore`")
    return schema, inferred._replace(warnings=warnings + inferred.warnings)


def add_columns(
    schema: Schema,
    frame: pd.DataFrame,
    ignore: Iterable[str],
    choice: ReadingChoice = UNTOLD,
) -> Inferred:
    """Take in the columns of a frame that the schema does not know yet."""
    known = {schema.target, *schema.names, *ignore}
    added: list[str] = []
    warnings: list[str] = []
    parsed: dict[str, Array] = {}
    for name in frame.columns:
        # What is still empty may become anything: it joins once there is a value.
        if name in known or not has_values(frame[name], choice):
            continue
        found = infer_column(str(name), frame[name], choice)
        column = Column(str(name), found.kind, found.is_code, found.style)
        schema.columns.append(column)
        added.append(column.name)
        warnings += found.notes
        warnings += describe_column(column.name, column.kind, frame[name])
        if found.numbers is not None:
            parsed[name] = found.numbers
    if parsed:
        frame = replace_columns(frame, parsed)
    return Inferred(added, frame, warnings)


def describe_columns(schema: Schema) -> str:
    """The columns by kind, for the log."""
    parts = []
    for kind in (NUMBER, TEXT, DATE):
        names = [column.name for column in schema.columns if column.kind == kind]
        if names:
            parts.append(f"{kind}: {', '.join(names)}")
    return "; ".join(parts)


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
    notes: list[str] = []
    if is_regression:
        reading = Reading(schema.target_style, schema.target_words)
        values = convert_numbers(frame[schema.target], reading, notes)
        labelled = ~np.isnan(values)
    else:
        labelled = frame[schema.target].notna().to_numpy()
    unlabelled = int(len(frame) - labelled.sum())
    if unlabelled:
        frame = frame[labelled]
    target = values[labelled] if is_regression else _index_classes(schema, frame)
    columns = convert_features(schema, frame, notes)
    return Table(columns, target, unlabelled, tuple(notes))


def mark_unlabelled(schema: Schema, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with words for missing in the target as missing; mostly the same one."""
    if schema.task == REGRESSION:
        return frame
    target = frame[schema.target]
    marked = mark_missing(target, schema.target_words)
    if marked is target:
        return frame
    return replace_columns(frame, {schema.target: marked})


def convert_features(
    schema: Schema, frame: pd.DataFrame, notes: list[str] | None = None
) -> dict[str, ColumnValues]:
    """The feature columns alone, for training and for predicting.

    A column that is absent is all missing; `notes` gets what was odd. Raises
    SourceSchemaError for a retyped one.
    """
    columns = {}
    for column in schema.columns:
        if column.name in frame.columns:
            reading = Reading(column.style, schema.missing_words)
            values = convert_column(column.kind, frame[column.name], reading, notes)
        else:
            values = make_missing_column(column.kind, len(frame))
        columns[column.name] = values
    return columns


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
