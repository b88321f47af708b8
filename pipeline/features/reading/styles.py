"""How people write numbers and dates: decided for a column once, on the first batch.

Thousands separators, a decimal comma, currencies and per cent of numbers; whether the day
or the month comes first in a date. What the values leave open is guessed, and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

PLAIN = ""
# Named by how one thousand two hundred thirty-four and a half is written.
POINT = "1,234.5"
COMMA = "1.234,5"
DAY_FIRST = "day first"
MONTH_FIRST = "month first"
NUMBER_STYLES = frozenset({PLAIN, POINT, COMMA})
DATE_STYLES = frozenset({PLAIN, DAY_FIRST, MONTH_FIRST})

AUTO = "auto"
DECIMALS = {"point": POINT, "comma": COMMA}
DATE_ORDERS = {"day-first": DAY_FIRST, "month-first": MONTH_FIRST}

# This share of the values must be written in a style; the rest counts as missing.
_STYLED_SHARE = 0.95
_LAST_MONTH = 12
_CURRENCY = r"[$\u20ac\u00a3\u00a5\u20bd\u20b9]|(?:USD|EUR|GBP|CHF|JPY|RUB|INR)\b"
_ADORNMENT = re.compile(rf"{_CURRENCY}|%|\u2030|[\s\u00a0\u2009\u202f]")
_GROUPED = {
    POINT: re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:[,'\u2019]\d{3})+|\d+)(?:\.\d*)?"),
    COMMA: re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:[.'\u2019]\d{3})+|\d+)(?:,\d*)?"),
}
_NUMERIC_DATE = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")


class ReadingChoice(NamedTuple):
    """The settings for cells.

    `decimal` and `dates` are "auto", or a key of DECIMALS or DATE_ORDERS; `types` the
    kinds of columns by name; `missing` the words that stand for nothing.
    """

    decimal: str = AUTO
    dates: str = AUTO
    types: Mapping[str, str] = {}
    missing: tuple[str, ...] = (AUTO,)


UNTOLD = ReadingChoice()


class FoundStyle(NamedTuple):
    """A style, and a warning where the values left it open."""

    style: str
    warning: str = ""


def find_number_style(
    name: str, texts: Sequence[str], choice: ReadingChoice
) -> FoundStyle | None:
    """Find the style in which texts are numbers; None where they are none.

    Plain numbers are for who asks to try before.
    """
    cleaned = [_strip(text) for text in texts]
    shares = {}
    for style, pattern in _GROUPED.items():
        fitting = sum(bool(pattern.fullmatch(text)) for text in cleaned)
        shares[style] = fitting / max(len(cleaned), 1)
    chosen = DECIMALS.get(choice.decimal)
    if chosen is not None:
        return FoundStyle(chosen) if shares[chosen] >= _STYLED_SHARE else None
    best = max(shares, key=lambda style: shares[style])
    if shares[best] < _STYLED_SHARE:
        return None
    # Without a comma there is nothing to mistake: blanks or a currency made it a text.
    is_open = shares[POINT] == shares[COMMA] and any("," in text for text in cleaned)
    if not is_open:
        return FoundStyle(best)
    warning = (
        f"warning: {name!r} leaves open whether its commas part thousands or decimals: "
        f'read as {POINT}; `decimal = "comma"` or "point" settles it'
    )
    return FoundStyle(POINT, warning)


def find_foreign_number(texts: Sequence[str]) -> str | None:
    """Return a number that is written with separators, None where there is none."""
    for text in texts:
        stripped = _strip(text)
        is_grouped = any(p.fullmatch(stripped) for p in _GROUPED.values())
        if is_grouped and any(sign in stripped for sign in ",.'\u2019"):
            return text
    return None


def _strip(text: str) -> str:
    stripped = text.strip()
    # Accountants write a negative amount in brackets.
    if stripped.startswith("(") and stripped.endswith(")"):
        stripped = f"-{stripped[1:-1]}"
    return _ADORNMENT.sub("", stripped)


def parse_styled_numbers(
    values: pd.Series[str], style: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Parse a column of text written in a style; NaN where a value is no number in it."""
    texts = pd.Categorical(values.astype(str).where(values.notna()))
    numbers = [_parse(str(text), style) for text in texts.categories]
    # The last entry is for the code -1, which is missing.
    distinct = np.array([*numbers, np.nan])
    return distinct[np.asarray(texts.codes)]


def _parse(text: str, style: str) -> float:
    stripped = _strip(text)
    if not _GROUPED[style].fullmatch(stripped):
        return np.nan
    without = stripped.replace("'", "").replace("\u2019", "")
    if style == COMMA:
        return float(without.replace(".", "").replace(",", "."))
    return float(without.replace(",", ""))


def find_date_style(
    name: str, texts: Sequence[str], choice: ReadingChoice
) -> FoundStyle | None:
    """Find whether day or month comes first; None where texts contradict each other.

    Texts that begin with the year, or name the month, need no style.
    """
    parts = [match for match in map(_NUMERIC_DATE.match, texts) if match]
    if not parts:
        return FoundStyle(PLAIN)
    has_day_first = any(int(match[1]) > _LAST_MONTH for match in parts)
    has_month_first = any(int(match[3]) > _LAST_MONTH for match in parts)
    if has_day_first and has_month_first:
        return None
    chosen = DATE_ORDERS.get(choice.dates)
    if has_day_first or has_month_first:
        found = DAY_FIRST if has_day_first else MONTH_FIRST
        if chosen is not None and chosen != found:
            return None
        return FoundStyle(found)
    if chosen is not None:
        return FoundStyle(chosen)
    # Who writes points writes the day first; of the rest nobody can tell.
    guess = DAY_FIRST if parts[0][2] == "." else MONTH_FIRST
    warning = (
        f"warning: {name!r} has dates like {parts[0][0].strip()!r} that leave open whether "
        f'the day or the month comes first: read as {guess}; `dates = "day-first"` or '
        '"month-first" settles it'
    )
    return FoundStyle(guess, warning)


def find_contradiction(texts: Sequence[str], style: str) -> str | None:
    """Return a date that cannot be of a style, None where all can."""
    if style == PLAIN:
        return None
    month_group = 3 if style == DAY_FIRST else 1
    for text in texts:
        match = _NUMERIC_DATE.match(text)
        if match and int(match[month_group]) > _LAST_MONTH:
            return text
    return None
