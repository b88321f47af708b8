"""The values of a column by its kind.

Numbers with NaN, dates with NaT, categories with code -1 where missing.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pandas as pd

from ...errors import SourceSchemaError
from ...program import COMMAND
from .styles import DAY_FIRST, PLAIN, find_contradiction, parse_styled_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NUMBER = "number"
TEXT = "text"
DATE = "date"

# A column is of another type now where fewer of a later batch's values parse.
RETYPED_SHARE = 0.5
# Numbers beyond it, infinity among them, count as missing: their squares overflow.
LARGEST_NUMBER = 1e100
# A year of four digits, alone or at the start of a compact date.
YEAR = re.compile(r"(?<!\d)(?:\d{4}|\d{8})(?!\d)")

# Of length rows: categories of text, dates, or numbers.
ColumnValues: TypeAlias = "pd.Categorical[Any] | pd.DatetimeIndex | Array"


def convert_column(
    kind: str, values: pd.Series[Any], style: str = PLAIN
) -> ColumnValues:
    """A column as the kind and the style that were decided.

    Raises SourceSchemaError where it holds something else now.
    """
    if kind == NUMBER:
        return convert_numbers(values, style)
    if kind == DATE:
        return _convert_dates(values, style)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _strip_categories(cast("pd.Categorical[Any]", values.array))
    if values.dtype == object:
        values = values.where(values.isna(), values.astype(str))
    elif not pd.api.types.is_string_dtype(values.dtype):
        values = values.astype(str).where(values.notna())
    return _strip_categories(pd.Categorical(values))


def _strip_categories(values: pd.Categorical[Any]) -> pd.Categorical[Any]:
    """Take blanks around texts away; most columns have none."""
    names = [str(name) for name in values.categories]
    stripped = [name.strip() for name in names]
    if stripped == names:
        return values
    distinct = sorted(set(stripped))
    places = {name: place for place, name in enumerate(distinct)}
    codes = np.array([*(places[name] for name in stripped), -1])
    return pd.Categorical.from_codes(
        codes[np.asarray(values.codes)], categories=pd.Index(distinct, dtype=str)
    )


def make_missing_column(kind: str, rows: int) -> ColumnValues:
    """A column that the source does not have: all missing."""
    if kind == NUMBER:
        return np.full(rows, np.nan)
    if kind == DATE:
        return pd.DatetimeIndex([pd.NaT] * rows)
    nothing = pd.Index([], dtype=str)
    return pd.Categorical.from_codes(np.full(rows, -1), categories=nothing)


def convert_numbers(values: pd.Series[Any], style: str = PLAIN) -> Array:
    """Of shape (rows,), NaN where missing or beyond LARGEST_NUMBER.

    Raises SourceSchemaError where most of the values present are no numbers.
    """
    if style == PLAIN or is_numeric(values):
        numbers = parse_numbers(values)
    else:
        numbers = parse_styled_numbers(values, style)
    if not is_numeric(values):
        present = int(values.notna().sum())
        parsed = np.count_nonzero(~np.isnan(numbers))
        if present and parsed < RETYPED_SHARE * present:
            raise _make_retyped_error(values, "numbers")
    # Not `>`: NaN is beyond as well.
    numbers[~(np.abs(numbers) <= LARGEST_NUMBER)] = np.nan
    return numbers


def parse_numbers(values: pd.Series[Any]) -> Array:
    """A new array of numbers; NaN where a value is missing or no number."""
    if not is_numeric(values):
        numbers = _parse_with_arrow(values)
        if numbers is not None:
            return numbers
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(str).where(values.notna())
        values = pd.to_numeric(values, errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)


def _parse_with_arrow(values: pd.Series[Any]) -> Array | None:
    """The same in a thirtieth of the time, where pandas keeps text in Arrow.

    None where Arrow does not take the column as a whole.
    """
    if getattr(values.dtype, "storage", None) != "pyarrow":
        return None
    import pyarrow as pa  # noqa: PLC0415  # pandas has it, where it gets here

    try:
        numbers = pa.array(values.array).cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return np.array(numbers, dtype=np.float64)


def _convert_dates(values: pd.Series[Any], style: str) -> pd.DatetimeIndex:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return parse_dates(pd.Index(values))
    # Each distinct text is parsed once; the last entry is for the code -1.
    texts = pd.Categorical(values.astype(str).where(values.notna()))
    contradiction = find_contradiction(list(map(str, texts.categories)), style)
    if contradiction is not None:
        raise SourceSchemaError(
            f"{str(values.name)!r} was read with the {style}, and now has "
            f"{contradiction!r}",
            hint='say which it is from the start (`dates = "day-first"` or '
            f'"month-first"): `{COMMAND} reset`, or mend the source',
        )
    distinct = parse_dates(texts.categories, style).to_numpy()
    distinct = np.append(distinct, np.datetime64("NaT", "ns"))
    dates = distinct[np.asarray(texts.codes)]
    present = int(values.notna().sum())
    parsed = int((~np.isnat(dates)).sum())
    if present and parsed < RETYPED_SHARE * present:
        raise _make_retyped_error(values, "dates")
    return pd.DatetimeIndex(dates)


def parse_dates(values: pd.Index[Any], style: str = PLAIN) -> pd.DatetimeIndex:
    """Dates in UTC without zone, NaT where one does not parse.

    Text needs a year of four digits: pandas takes the day of today for what is missing
    in "14:30", and today's data must not mean another thing tomorrow.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.where(values.astype(str).str.contains(YEAR))
    with warnings.catch_warnings():
        # Mixed formats make pandas say that it falls back to dateutil, row by row; that
        # is what is wanted.
        warnings.simplefilter("ignore", UserWarning)
        dates = pd.to_datetime(
            values,
            errors="coerce",
            utc=True,
            format="mixed",
            dayfirst=style == DAY_FIRST,
        )
    return pd.DatetimeIndex(dates).tz_localize(None)


def _make_retyped_error(values: pd.Series[Any], before: str) -> SourceSchemaError:
    return SourceSchemaError(
        f"{str(values.name)!r} held {before} and now holds something else",
        hint="mend the source, or leave the column out (`ignore`), "
        f"or start over: `{COMMAND} reset`",
    )


def is_numeric(values: pd.Series[Any]) -> bool:
    """Whether the column came as numbers, and not as text that may hold some."""
    return pd.api.types.is_numeric_dtype(values.dtype)
