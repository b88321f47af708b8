"""What a column is: decided once, on the first batch that has a value in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ...errors import SourceSchemaError
from ...missing_words import NUMBER_WORDS, resolve_words
from .columns import (
    DATE,
    NUMBER,
    TEXT,
    Reading,
    check_odd_numbers,
    describe_odd,
    is_numeric,
    list_values,
    parse_column,
    parse_dates,
    parse_numbers,
)
from .styles import (
    AUTO,
    COMMA,
    DECIMALS,
    PLAIN,
    POINT,
    FoundStyle,
    ReadingChoice,
    find_date_style,
    find_number_style,
    parse_styled_numbers,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A column of whole numbers (an hour, a month) with at most this many values in the
# first batch is a category as well.
CODE_VALUES = 64
# This share of the values present must parse for text to count as numbers or dates.
PARSED_SHARE = 0.95
# So many values are tried as dates, and as numbers before all are: parsing is slow, and
# mixed columns show early.
PROBED_VALUES = 200
# From so many numbers on, what else is in a column of text is told.
MIXED_SHARE = 0.5
# 02139 and 007 name something; 07 may be an hour.
ZERO_CODE = r"0\d{2,}"


class FoundColumn(NamedTuple):
    """What a column is, its values where they are numbers, and what is to be said."""

    kind: str
    is_code: bool = False
    style: str = PLAIN
    numbers: Array | None = None
    notes: tuple[str, ...] = ()


def has_values(values: pd.Series[Any], choice: ReadingChoice) -> bool:
    """Whether anything but words for missing stands in a column."""
    present = values.dropna()
    if is_numeric(values) or not len(present):
        return len(present) > 0
    # Mostly the first few rows tell.
    some = _drop_missing(present.iloc[:PROBED_VALUES], choice)
    return len(some) > 0 or len(_drop_missing(present, choice)) > 0


def infer_column(
    name: str, values: pd.Series[Any], choice: ReadingChoice
) -> FoundColumn:
    """Decide on a column. Raises SourceSchemaError for bytes, and mixed dates."""
    told = choice.types.get(name, AUTO)
    if told == TEXT:
        return FoundColumn(TEXT)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return FoundColumn(DATE)
    kind = pd.api.types.infer_dtype(values)
    if kind == "bytes":
        raise SourceSchemaError(
            f"{name!r} holds bytes, which say nothing as they are",
            hint="leave it out: `ignore`",
        )
    if kind == "boolean":
        return FoundColumn(TEXT)
    if is_numeric(values):
        return _make_numbers(values, PLAIN, choice, told)
    return _infer_from_texts(name, values, choice, told)


def _infer_from_texts(
    name: str, values: pd.Series[Any], choice: ReadingChoice, told: str
) -> FoundColumn:
    present = _drop_missing(values, choice)
    if told == DATE:
        return _infer_dates(name, present, choice)
    codes = present[present.str.fullmatch(ZERO_CODE)]
    if told == AUTO and len(codes):
        digits = present.str.fullmatch(r"\d+")
        if digits.mean() >= PARSED_SHARE:
            return FoundColumn(TEXT, notes=(_describe_codes(name, codes.iloc[0]),))
    found = infer_number_style(name, present, choice)
    if found is None and told == NUMBER:
        found = FoundStyle(DECIMALS.get(choice.decimal, PLAIN))
    if found is None:
        return _infer_text(name, present, choice)
    made = _make_numbers(values, found.style, choice, told)
    words = _describe_words(name, present)
    notes = (*filter(None, [found.warning, words]), *made.notes)
    return made._replace(notes=notes)


def _drop_missing(values: pd.Series[Any], choice: ReadingChoice) -> pd.Series[Any]:
    """The values that are there, as text without blanks around it."""
    present = values.dropna().astype(str).str.strip()
    return present[~present.isin({"", *resolve_words(choice.missing)})]


def drop_number_words(present: pd.Series[Any]) -> pd.Series[Any]:
    """Without what people write among numbers where they have none."""
    return present[~present.str.lower().isin(NUMBER_WORDS)]


def infer_number_style(
    name: str, present: pd.Series[Any], choice: ReadingChoice
) -> FoundStyle | None:
    """The style in which texts are numbers; None where they are none."""
    rest = drop_number_words(present)
    if not len(rest):
        return None
    told = DECIMALS.get(choice.decimal)
    if not _may_be_numbers(rest):
        some = rest.iloc[:PROBED_VALUES]
        return _find_style(name, some, choice)
    plain = np.count_nonzero(~np.isnan(parse_numbers(rest))) / len(rest)
    if told == POINT and plain == 1:
        return FoundStyle(POINT)
    if told is not None or plain < 1:
        # Only the large among them may have separators.
        found = _find_style(name, rest, choice)
        if found is not None and (found.style == COMMA or plain < 1):
            return found
    return FoundStyle(PLAIN) if plain >= PARSED_SHARE else None


def _find_style(
    name: str, values: pd.Series[Any], choice: ReadingChoice
) -> FoundStyle | None:
    """The style of nearly all distinct values, which are nearly all rows as well."""
    found = find_number_style(name, values.unique().tolist(), choice)
    if found is None:
        return None
    parsed = ~np.isnan(parse_styled_numbers(values, found.style))
    return found if parsed.mean() >= PARSED_SHARE else None


def _may_be_numbers(present: pd.Series[Any]) -> bool:
    """Whether half of some values, taken from all over the column, are numbers."""
    some = present.iloc[:: 1 + len(present) // PROBED_VALUES]
    parsed = np.count_nonzero(~np.isnan(parse_numbers(some)))
    return bool(parsed * 2 >= len(some))


def _make_numbers(
    values: pd.Series[Any], style: str, choice: ReadingChoice, told: str
) -> FoundColumn:
    found = parse_column(values, Reading(style, resolve_words(choice.missing)))
    is_code = told == AUTO and _is_code(found.numbers)
    if style != PLAIN:
        # The conversion says what is odd among these.
        return FoundColumn(NUMBER, is_code, style)
    notes: tuple[str, ...] = ()
    if found.odd is not None:
        check_odd_numbers(found.odd, found.parsed, style, is_first=True)
        notes = (describe_odd(found.odd, found.parsed, "numbers"),)
    return FoundColumn(NUMBER, is_code, style, found.numbers, notes)


def _is_code(numbers: Array) -> bool:
    """Whether they are few whole numbers."""
    known = numbers[~np.isnan(numbers)]
    return bool((known % 1 == 0).all()) and len(pd.unique(known)) <= CODE_VALUES


def _infer_text(
    name: str, present: pd.Series[Any], choice: ReadingChoice
) -> FoundColumn:
    """Decide on a column of text that is no number: dates or categories."""
    some = present.iloc[:PROBED_VALUES]
    texts = pd.Index(some.unique())
    dates = texts[parse_dates(texts).notna()]
    if some.isin(dates).mean() >= PARSED_SHARE:
        return _infer_dates(name, present, choice)
    numbers = parse_numbers(present)
    words = present[np.isnan(numbers)]
    if len(words) > (1 - MIXED_SHARE) * len(present):
        return FoundColumn(TEXT)
    shown = list_values(words.value_counts().index)
    note = (
        f"warning: {name!r} holds numbers and {len(words)} words ({shown}): it is read "
        f'as text; `types = {{{name} = "number"}}` takes the words for missing'
    )
    return FoundColumn(TEXT, notes=(note,))


def _infer_dates(
    name: str, present: pd.Series[Any], choice: ReadingChoice
) -> FoundColumn:
    # Of all rows: one part beyond twelve decides, and may be far down.
    dates = find_date_style(name, present.unique().tolist(), choice)
    if dates is None:
        raise SourceSchemaError(
            f"{name!r} has dates with the day first and with the month first",
            hint="write all of them one way, as 2026-01-31, leave the column out "
            f'(`ignore`), or read it as text: `types = {{{name} = "text"}}`',
        )
    notes = tuple(filter(None, [dates.warning]))
    return FoundColumn(DATE, style=dates.style, notes=notes)


def _describe_words(name: str, present: pd.Series[Any]) -> str:
    words = present[present.str.lower().isin(NUMBER_WORDS)]
    if not len(words):
        return ""
    shown = list_values(words.value_counts().index)
    return f"note: {name!r} has {shown} in {len(words)} rows, which counts as missing"


def _describe_codes(name: str, example: str) -> str:
    return (
        f"note: {name!r} has leading zeros ({example!r}): it is read as text; "
        f'`types = {{{name} = "number"}}` reads it as numbers'
    )
