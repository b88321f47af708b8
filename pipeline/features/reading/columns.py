"""The values of a column by its kind.

Numbers with NaN, dates with NaT, categories with code -1 where missing.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np
import pandas as pd

from ...errors import SourceSchemaError
from ...missing_words import NUMBER_WORDS, USUAL_WORDS
from ...program import COMMAND
from .styles import (
    DAY_FIRST,
    PLAIN,
    find_contradiction,
    find_foreign_number,
    parse_styled_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
# So many values are named where some are no numbers or dates.
SHOWN_VALUES = 3
SHOWN_LENGTH = 40

# Of length rows: categories of text, dates, or numbers.
ColumnValues: TypeAlias = "pd.Categorical[Any] | pd.DatetimeIndex | Array"


class Reading(NamedTuple):
    """How the cells of a column are read: the style, and the words for missing."""

    style: str = PLAIN
    missing: tuple[str, ...] = USUAL_WORDS


AS_USUAL = Reading()


class ParsedNumbers(NamedTuple):
    """Numbers of shape (rows,), and the texts among the values that are none."""

    numbers: Array
    odd: pd.Series[Any] | None = None

    @property
    def parsed(self) -> int:
        """How many are numbers."""
        return int(np.count_nonzero(~np.isnan(self.numbers)))


def convert_column(
    kind: str,
    values: pd.Series[Any],
    reading: Reading = AS_USUAL,
    notes: list[str] | None = None,
) -> ColumnValues:
    """A column as the kind and the style that were decided.

    `notes` gets a line where values are no such thing. Raises SourceSchemaError where
    the column holds something else now.
    """
    said = [] if notes is None else notes
    if kind == NUMBER:
        return convert_numbers(values, reading, said)
    if kind == DATE:
        return _convert_dates(values, reading, said)
    return _convert_texts(values, reading.missing)


def _convert_texts(
    values: pd.Series[Any], missing: tuple[str, ...]
) -> pd.Categorical[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        texts = cast("pd.Categorical[Any]", values.array)
    elif pd.api.types.is_float_dtype(values.dtype):
        texts = pd.Categorical(values)
        texts = texts.rename_categories(_format_number)
    elif values.dtype == object:
        texts = pd.Categorical(values.where(values.isna(), values.astype(str)))
    elif not pd.api.types.is_string_dtype(values.dtype):
        texts = pd.Categorical(values.astype(str).where(values.notna()))
    else:
        texts = pd.Categorical(values)
    return tidy_texts(texts, missing)


def _format_number(value: float) -> str:
    # A hole makes fractions of whole numbers: 7 and 7.0 are one text.
    return f"{value:.0f}" if value.is_integer() else repr(value)


def tidy_texts(
    values: pd.Categorical[Any], missing: tuple[str, ...]
) -> pd.Categorical[Any]:
    """Take blanks around texts and words for missing away; most columns have none."""
    names = [str(name) for name in values.categories]
    stripped = [name.strip() for name in names]
    left_out = {"", *missing}
    if stripped == names and left_out.isdisjoint(names):
        return values
    distinct = sorted(set(stripped) - left_out)
    places = {name: place for place, name in enumerate(distinct)}
    codes = np.array([*(places.get(name, -1) for name in stripped), -1])
    return pd.Categorical.from_codes(
        codes[np.asarray(values.codes)], categories=pd.Index(distinct, dtype=str)
    )


def mark_missing(values: pd.Series[Any], words: tuple[str, ...]) -> pd.Series[Any]:
    """The values with words for missing as missing; the same object without any."""
    if is_numeric(values):
        numbers = _list_numeric_words(words)
        is_word = values.isin(numbers)
    elif isinstance(values.dtype, pd.CategoricalDtype):
        texts = cast("pd.Categorical[Any]", values.array)
        tidy = tidy_texts(texts, words)
        if tidy is texts:
            return values
        return pd.Series(tidy, index=values.index, name=values.name)
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    else:
        present = values.dropna().astype(str).str.strip()
        is_word = present.isin({"", *words}).reindex(values.index, fill_value=False)
    if not is_word.any():
        return values
    return values.mask(is_word)


def replace_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A frame with other values in some columns; the one given stays as it is.

    `DataFrame.assign` takes names as arguments, and fails for a column `self`.
    """
    replaced = frame.copy(deep=False)
    for name, values in columns.items():
        replaced[name] = values
    return replaced


def make_missing_column(kind: str, rows: int) -> ColumnValues:
    """A column that the source does not have: all missing."""
    if kind == NUMBER:
        return np.full(rows, np.nan)
    if kind == DATE:
        return pd.DatetimeIndex([pd.NaT] * rows)
    nothing = pd.Index([], dtype=str)
    return pd.Categorical.from_codes(np.full(rows, -1), categories=nothing)


def convert_numbers(
    values: pd.Series[Any], reading: Reading, notes: list[str]
) -> Array:
    """Of shape (rows,), NaN where missing or beyond LARGEST_NUMBER.

    Raises SourceSchemaError where most of the values present are no numbers, or some
    are written in another style.
    """
    found = parse_column(values, reading)
    if found.odd is not None:
        check_odd_numbers(found.odd, found.parsed, reading.style)
        notes.append(describe_odd(found.odd, found.parsed, "numbers"))
    return found.numbers


def parse_column(values: pd.Series[Any], reading: Reading) -> ParsedNumbers:
    """Numbers in the style of a column, and the texts that are none."""
    if is_numeric(values):
        numbers = parse_numbers(values)
        words = _list_numeric_words(reading.missing)
        if words:
            numbers[np.isin(numbers, words)] = np.nan
        return ParsedNumbers(_cut_numbers(numbers))
    if reading.style == PLAIN:
        numbers = parse_numbers(values)
    else:
        numbers = parse_styled_numbers(values, reading.style)
    words = _list_numeric_words(reading.missing)
    if words:
        numbers[np.isin(numbers, words)] = np.nan
    odd = values[values.notna().to_numpy() & np.isnan(numbers)]
    if len(odd):
        odd = odd.astype(str).str.strip()
        is_word = odd.isin({"", *reading.missing})
        odd = odd[~(is_word | odd.str.lower().isin(NUMBER_WORDS))]
        if words:
            odd = odd[~pd.to_numeric(odd, errors="coerce").isin(words)]
    return ParsedNumbers(_cut_numbers(numbers), odd if len(odd) else None)


def _cut_numbers(numbers: Array) -> Array:
    # Not `>`: NaN is beyond as well.
    numbers[~(np.abs(numbers) <= LARGEST_NUMBER)] = np.nan
    return numbers


def _list_numeric_words(words: tuple[str, ...]) -> list[float]:
    """Numbers among the words for missing, such as -999."""
    numbers = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError:
            continue
    return [number for number in numbers if np.isfinite(number)]


def check_odd_numbers(
    odd: pd.Series[Any], parsed: int, style: str, *, is_first: bool = False
) -> None:
    """Raise SourceSchemaError where texts among numbers are more than slips."""
    name = str(odd.name)
    foreign = find_foreign_number(odd.unique().tolist())
    if foreign is not None:
        raise SourceSchemaError(
            f"{name!r} is read as numbers {describe_style(style)}, and "
            f"{'also' if is_first else 'now'} has {foreign!r}",
            hint='say how its numbers are written from the start (`decimal = "comma"` '
            f'or "point"): `{COMMAND} reset`; or read it as text (`types = '
            f'{{{name} = "text"}}`), or mend the source',
        )
    if not is_first and parsed < RETYPED_SHARE * (parsed + len(odd)):
        raise _make_retyped_error(odd, "numbers")


def describe_style(style: str) -> str:
    """How numbers of a style are written."""
    return "without separators" if style == PLAIN else f"like {style}"


def describe_odd(odd: pd.Series[Any], parsed: int, kind: str) -> str:
    """A warning that some values of a column are no numbers, or no dates."""
    shown = list_values(odd.value_counts().index)
    return (
        f"warning: {str(odd.name)!r}: {len(odd)} of {parsed + len(odd)} values are no "
        f"{kind} ({shown}): they count as missing"
    )


def list_values(values: Sequence[Any] | pd.Index[Any]) -> str:
    """The first few values, quoted and cut, with how many more there are."""
    shown = []
    for value in values[:SHOWN_VALUES]:
        text = str(value)
        if len(text) > SHOWN_LENGTH:
            text = text[:SHOWN_LENGTH] + "..."
        shown.append(repr(text))
    if len(values) > SHOWN_VALUES:
        shown.append(f"{len(values) - SHOWN_VALUES} more")
    return ", ".join(shown)


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
    # What Arrow gives may be its own memory, which must not be written to.
    plain: Array = np.array(numbers, dtype=np.float64).copy()
    return plain


def _convert_dates(
    values: pd.Series[Any], reading: Reading, notes: list[str]
) -> pd.DatetimeIndex:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return parse_dates(pd.Index(values))
    # Each distinct text is parsed once; the last entry is for the code -1.
    texts = _convert_texts(values, reading.missing)
    contradiction = find_contradiction(list(map(str, texts.categories)), reading.style)
    if contradiction is not None:
        raise SourceSchemaError(
            f"{str(values.name)!r} was read with the {reading.style}, and now has "
            f"{contradiction!r}",
            hint='say which it is from the start (`dates = "day-first"` or '
            f'"month-first"): `{COMMAND} reset`, or mend the source',
        )
    distinct = parse_dates(texts.categories, reading.style).to_numpy()
    distinct = np.append(distinct, np.datetime64("NaT", "ns"))
    codes = np.asarray(texts.codes)
    dates = distinct[codes]
    is_odd = np.isnat(dates) & (codes >= 0)
    odd = values[is_odd].astype(str)
    odd = odd[~odd.str.strip().str.lower().isin(NUMBER_WORDS)]
    parsed = int((~np.isnat(dates)).sum())
    if parsed < RETYPED_SHARE * (parsed + len(odd)):
        raise _make_retyped_error(odd, "dates")
    if len(odd):
        notes.append(describe_odd(odd, parsed, "dates"))
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


def _make_retyped_error(odd: pd.Series[Any], before: str) -> SourceSchemaError:
    name = str(odd.name)
    shown = list_values(odd.value_counts().index)
    return SourceSchemaError(
        f"{name!r} held {before} and now holds something else ({shown})",
        hint="mend the source, leave the column out (`ignore`), or read it as text from "
        f'the start (`types = {{{name} = "text"}}`): `{COMMAND} reset`',
    )


def is_numeric(values: pd.Series[Any]) -> bool:
    """Whether the column came as numbers, and not as text that may hold some."""
    return pd.api.types.is_numeric_dtype(values.dtype)
