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

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBER = "number"
TEXT = "text"
DATE = "date"

RETYPED_SHARE = 0.5
"""Where fewer of a later batch's values parse, the column has been retyped."""
ABSURD = 1e100
"""Numbers beyond it, infinity among them, count as missing: their squares are none."""

YEAR = re.compile(r"(?<!\d)(?:\d{4}|\d{8})(?!\d)")

Cells: TypeAlias = "pd.Categorical[Any] | pd.DatetimeIndex | NDArray[np.float64]"


def converted(kind: str, values: pd.Series[Any]) -> Cells:
    """A column of the kind that was decided.

    Raises SourceSchemaError where it holds something else now.
    """
    if kind == NUMBER:
        return numbers(values)
    if kind == DATE:
        return _dates(values)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return cast("pd.Categorical[Any]", values.array)
    if values.dtype == object:
        values = values.where(values.isna(), values.astype(str))
    elif not pd.api.types.is_string_dtype(values.dtype):
        values = values.astype(str).where(values.notna())
    return pd.Categorical(values)


def absent(kind: str, rows: int) -> Cells:
    """A column that the source does not have: all missing."""
    if kind == NUMBER:
        return np.full(rows, np.nan)
    if kind == DATE:
        return pd.DatetimeIndex([pd.NaT] * rows)
    return pd.Categorical.from_codes(
        np.full(rows, -1), categories=pd.Index([], dtype=str)
    )


def numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Of shape (rows,), NaN where missing.

    Raises SourceSchemaError where most of the values present are none.
    """
    found = parsed(values)
    if not is_numeric(values):
        present = int(values.notna().sum())
        if present and np.count_nonzero(~np.isnan(found)) < RETYPED_SHARE * present:
            raise _retyped(values, "numbers")
    found[~(np.abs(found) <= ABSURD)] = np.nan
    return found


def parsed(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers of one's own to change; NaN where a value is missing or none."""
    if not is_numeric(values):
        quickly = _parsed_by_arrow(values)
        if quickly is not None:
            return quickly
        texts = (
            values.astype(str).where(values.notna())
            if isinstance(values.dtype, pd.CategoricalDtype)
            else values
        )
        values = pd.to_numeric(texts, errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)


def _parsed_by_arrow(values: pd.Series[Any]) -> NDArray[np.float64] | None:
    """The same in a thirtieth of the time where pandas keeps text in Arrow.

    Which takes a column as a whole or not.
    """
    if getattr(values.dtype, "storage", None) != "pyarrow":
        return None
    import pyarrow as pa  # noqa: PLC0415  # pandas has it, where it gets here

    try:
        return np.array(pa.array(values.array).cast(pa.float64()), dtype=np.float64)
    except pa.ArrowInvalid:
        return None


def _dates(values: pd.Series[Any]) -> pd.DatetimeIndex:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return parse_dates(pd.Index(values))
    texts = pd.Categorical(values.astype(str).where(values.notna()))
    distinct = np.append(parse_dates(texts.categories).to_numpy(), np.datetime64("NaT"))
    parsed = distinct[np.asarray(texts.codes)]
    present = int(values.notna().sum())
    if present and int((~np.isnat(parsed)).sum()) < RETYPED_SHARE * present:
        raise _retyped(values, "dates")
    return pd.DatetimeIndex(parsed)


def parse_dates(values: pd.Index[Any]) -> pd.DatetimeIndex:
    """Dates in UTC without zone, NaT where one does not parse.

    Text needs a year of four digits: pandas takes the day of today for what is missing
    in "14:30", and this one's data are not to mean another thing tomorrow.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.where(values.astype(str).str.contains(YEAR))
    with warnings.catch_warnings():
        # Mixed formats make pandas say that it falls back to dateutil, row by row; that
        # is what is wanted.
        warnings.simplefilter("ignore", UserWarning)
        parsed = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
    return pd.DatetimeIndex(parsed).tz_localize(None)


def _retyped(values: pd.Series[Any], what: str) -> SourceSchemaError:
    return SourceSchemaError(
        f"{str(values.name)!r} held {what} and now holds something else",
        hint="mend the source, or leave the column out (`ignore`), or start over: `python -m pipeline reset`",
    )


def is_numeric(values: pd.Series[Any]) -> bool:
    """Whether the column came as numbers, and not as text that may hold some."""
    return pd.api.types.is_numeric_dtype(values.dtype)
