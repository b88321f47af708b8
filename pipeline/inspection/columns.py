"""Each column of the rows that were looked at: what it is, and what is suspicious."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd

from ..features.reading.columns import DATE, NUMBER, TEXT, list_values
from ..features.reading.hints import ID_NAME, describe_rows
from ..missing_words import NUMBER_WORDS

if TYPE_CHECKING:
    from ..features.reading.columns import ColumnValues

EXAMPLES = 3
# A text in so many of the rows is one of its own nearly everywhere.
NEARLY_ALL = 0.9
LEAST_ROWS = 30
# Numbers that programs write where they have none.
SENTINELS = (-999.0, -9999.0, -99999.0, -99.0, 9999.0, 99999.0, 999999.0)
# So many times as far from the middle as the middle half is wide.
FAR_OUT = 50.0
MOST_OUTLIERS = 0.01


class ColumnFacts(NamedTuple):
    """One column: its kind, some values, the share missing, how many distinct ones.

    `suspicions` are sentences without the column's name; `ignore` whether it tells
    nothing; `missing` are words that should count as missing.
    """

    name: str
    kind: str
    examples: tuple[str, ...]
    missing_share: float
    distinct: int
    suspicions: tuple[str, ...] = ()
    ignore: bool = False
    missing: tuple[str, ...] = ()


def describe_values(
    name: str, kind: str, raw: pd.Series[Any], values: ColumnValues
) -> ColumnFacts:
    """Look at a column as it came, and as it is read."""
    read = pd.Series(cast("Any", values))
    present = read.dropna()
    examples = tuple(map(str, raw.dropna().astype(str).unique()[:EXAMPLES]))
    facts = ColumnFacts(
        name, kind, examples, float(read.isna().mean()), int(present.nunique())
    )
    rows = describe_rows(name, kind, raw)
    if rows:
        # A text of its own in every row may be a name, or a code in a small table.
        is_useless = kind == NUMBER or ID_NAME.fullmatch(name) is not None
        return facts._replace(suspicions=(rows,), ignore=is_useless)
    if facts.distinct <= 1 and len(read) >= LEAST_ROWS and not read.isna().any():
        return facts._replace(suspicions=("has one value in all rows",), ignore=True)
    if kind == NUMBER:
        return _look_at_numbers(facts, present)
    if kind == TEXT:
        return _look_at_texts(facts, present.astype(str))
    return facts


def _look_at_numbers(facts: ColumnFacts, present: pd.Series[Any]) -> ColumnFacts:
    suspicions: list[str] = []
    words: list[str] = []
    for sentinel in SENTINELS:
        rest = present[present != sentinel]
        count = len(present) - len(rest)
        if count < 2 or not len(rest):  # noqa: PLR2004  # once may be a value
            continue
        reach = max(abs(float(rest.quantile(0.01))), abs(float(rest.quantile(0.99))))
        if abs(sentinel) > 2 * reach:
            words.append(f"{sentinel:g}")
            suspicions.append(f"has {sentinel:g} in {count} rows, as for missing")
            present = rest
    low, high = present.quantile(0.25), present.quantile(0.75)
    width = float(high - low)
    distance = (present - present.median()).abs().to_numpy()
    outliers = int(np.count_nonzero(distance > FAR_OUT * width))
    if width and 0 < outliers <= max(1, MOST_OUTLIERS * len(present)):
        farthest = present.iloc[int(distance.argmax())]
        suspicions.append(f"has {outliers} values far out, as {farthest:g}")
    return facts._replace(suspicions=tuple(suspicions), missing=tuple(words))


def _look_at_texts(facts: ColumnFacts, present: pd.Series[Any]) -> ColumnFacts:
    suspicions: list[str] = []
    found = present[present.str.lower().isin(NUMBER_WORDS)]
    words = found.value_counts().index
    if len(words):
        suspicions.append(f"has {list_values(words)} in {len(found)} rows")
    if len(present) >= LEAST_ROWS and facts.distinct > NEARLY_ALL * len(present):
        suspicions.append("has another text in nearly every row")
    return facts._replace(suspicions=tuple(suspicions), missing=tuple(words))


def describe_empty(name: str, raw: pd.Series[Any]) -> ColumnFacts:
    """A column without a value, which joins the training once it has one."""
    examples = tuple(map(str, raw.dropna().astype(str).unique()[:EXAMPLES]))
    return ColumnFacts(name, "empty", examples, 1.0, 0, ("has no value",))


def describe_kind(kind: str, style: str, *, is_code: bool) -> str:
    """The kind of a column as people read it."""
    words = kind
    if kind == NUMBER and is_code:
        words = "number, and category"
    if kind == TEXT:
        words = "category"
    if style and kind in {NUMBER, DATE}:
        words += f" ({style})"
    return words


def describe_classes(names: list[str], codes: np.ndarray[Any, Any]) -> list[str]:
    """What is suspicious about the classes of the target."""
    counts = np.bincount(codes.astype(np.int64), minlength=len(names))
    rare = [names[index] for index in np.flatnonzero(counts < 5)]  # noqa: PLR2004  # set aside
    lines = []
    if len(names) > len(codes) / 2:
        lines.append("has nearly as many classes as rows: an id is no target")
    elif rare:
        lines.append(f"has classes in fewer than five rows: {list_values(rare)}")
    return lines
