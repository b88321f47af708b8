"""What strikes the eye in a first batch, and is said: it may be meant, or a mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .columns import NUMBER, TEXT, is_numeric, list_values, parse_numbers
from .target import find_look_alikes

if TYPE_CHECKING:
    from collections.abc import Iterable

# With fewer rows numbers may follow each other, and texts differ, by chance.
LEAST_ROWS = 30
# Of a column with more values nobody goes through those that look alike.
MOST_VALUES = 64
SHOWN_PAIRS = 3
# Not what ends in -id, as "humid" does.
ID_NAME = re.compile(
    r"(?:.*[_\W])?(?:id|Id|ID|uuid|UUID|guid|GUID)|.*[a-z](?:Id|ID)"
    r"|(?i:index|rownames|row_?(?:id|nr|no|num|number))"
)


def describe_blanks(values: pd.Series[Any]) -> list[str]:
    """A note where labels have blanks around them, which are not theirs."""
    if is_numeric(values):
        return []
    texts = values.dropna().astype(str).unique()
    padded = [text for text in texts if text != text.strip()]
    if not padded:
        return []
    name = str(values.name)
    note = f"{name!r} has blanks around labels ({padded[0]!r}): they are stripped"
    return [f"note: {note}"]


def describe_passed_over(frame: pd.DataFrame, target: str) -> list[str]:
    """A warning where a batch without a target has words there that stand for none."""
    if not len(frame) or not frame[target].notna().any():
        return []
    words = frame[target].dropna().astype(str).str.strip().unique().tolist()
    warning = (
        f"warning: {len(frame)} rows before the first other {target!r} have "
        f"{list_values(words)} alone, and are passed over: where these are classes, "
        "`missing = []` keeps them"
    )
    return [warning]


def describe_look_alikes(
    name: str, known: Iterable[str], new: Iterable[str]
) -> list[str]:
    """A warning where classes of the target may be one, written in two ways."""
    pairs = find_look_alikes(known, new)
    if not pairs:
        return []
    shown = ", ".join(f"{one!r} and {other!r}" for one, other in pairs[:SHOWN_PAIRS])
    warning = (
        f"warning: {name!r} has classes that look alike: {shown}; they count as "
        "different ones: if they are not, mend the source"
    )
    return [warning]


def describe_column(name: str, kind: str, values: pd.Series[Any]) -> list[str]:
    """Warnings for a column that numbers or names its rows, or spells things twice."""
    found = describe_rows(name, kind, values)
    if found:
        warning = (
            f"warning: {name!r} {found}: if it tells nothing of rows to come, leave it "
            f'out: `ignore = ["{name}"]`'
        )
        return [warning]
    if kind != TEXT:
        return []
    texts = values.dropna().astype(str).str.strip().unique().tolist()
    if len(texts) > MOST_VALUES:
        return []
    pairs = find_look_alikes([], texts)
    if not pairs:
        return []
    one, other = pairs[0]
    return [f"note: {name!r} has values that look alike, as {one!r} and {other!r}"]


def describe_rows(name: str, kind: str, values: pd.Series[Any]) -> str:
    """What a column does that numbers or names its rows, "" for other columns."""
    if len(values) < LEAST_ROWS or values.isna().any():
        return ""
    if kind == TEXT:
        texts = values.astype(str)
        if texts.is_unique and not texts.str.contains(r"\s").any():
            return "has another text in every row"
    elif kind == NUMBER:
        numbers = parse_numbers(values)
        is_whole = bool((numbers % 1 == 0).all())
        if is_whole and (np.diff(numbers) == 1).all():
            return "numbers the rows"
        if is_whole and ID_NAME.fullmatch(name) and pd.Series(numbers).is_unique:
            return "has another number in every row, as an id"
    return ""
