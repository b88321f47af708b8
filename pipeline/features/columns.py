"""The values of a column by its kind.

Numbers with NaN, dates with NaT, categories with code -1 where missing.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pandas as pd

from ..errors import SourceSchemaError
from ..program import COMMAND

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


def convert_column(kind: str, values: pd.Series[Any]) -> ColumnValues:
    """A column as the kind that was decided.

    Raises SourceSchemaError where it holds something else now.
    """
    if kind == NUMBER:
        return convert_numbers(values)
    if kind == DATE:
        return _convert_dates(values)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return cast("pd.Categorical[Any]", values.array)
    if values.dtype == object:
        values = values.where(values.isna(), values.astype(str))
    elif not pd.api.types.is_string_dtype(values.dtype):
        values = values.astype(str).where(values.notna())
    return pd.Categorical(values)


def make_missing_column(kind: str, rows: int) -> ColumnValues:
    """A column that the source does not have: all missing."""
    if kind == NUMBER:
        return np.full(rows, np.nan)
    if kind == DATE:
        return pd.DatetimeIndex([pd.NaT] * rows)
    nothing = pd.Index([], dtype=str)
    return pd.Categorical.from_codes(np.full(rows, -1), categories=nothing)


def convert_numbers(values: pd.Series[Any]) -> Array:
    """Of shape (rows,), NaN where missing or beyond LARGEST_NUMBER.

    Raises SourceSchemaError where most of the values present are no numbers.
    """
    numbers = parse_numbers(values)
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


def _convert_dates(values: pd.Series[Any]) -> pd.DatetimeIndex:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return parse_dates(pd.Index(values))
    # Each distinct text is parsed once; the last entry is for the code -1.
    texts = pd.Categorical(values.astype(str).where(values.notna()))
    distinct = parse_dates(texts.categories).to_numpy()
    distinct = np.append(distinct, np.datetime64("NaT", "ns"))
    dates = distinct[np.asarray(texts.codes)]
    present = int(values.notna().sum())
    parsed = int((~np.isnat(dates)).sum())
    if present and parsed < RETYPED_SHARE * present:
        raise _make_retyped_error(values, "dates")
    return pd.DatetimeIndex(dates)


def parse_dates(values: pd.Index[Any]) -> pd.DatetimeIndex:
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
        dates = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
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
