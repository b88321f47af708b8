"""The target of the first batch: classes or amounts, and which words are no label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ...errors import SettingsError
from ...missing_words import AUTO, resolve_words
from ...tasks import BINARY, MULTICLASS, REGRESSION
from .columns import is_numeric, list_values, mark_missing, parse_numbers
from .inference import PARSED_SHARE, ZERO_CODE, infer_number_style
from .styles import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .styles import FoundStyle, ReadingChoice

TWO_CLASSES = 2
# A target of whole numbers is an amount where it has more values than this, or each
# comes in fewer rows than this; else its values are classes.
MOST_AMOUNT_CLASSES, ROWS_A_CLASS = 50, 3
WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.0+)?")


class FoundTarget(NamedTuple):
    """The target with what is missing marked, and how it is read.

    `style` is one without which its texts are no amounts, `amount_style` the one to
    read amounts in.
    """

    values: pd.Series[Any]
    missing: tuple[str, ...]
    style: str = PLAIN
    amount_style: str = PLAIN
    notes: tuple[str, ...] = ()


def read_target(
    values: pd.Series[Any], task: str | None, choice: ReadingChoice
) -> FoundTarget:
    """Decide how the target is read, on the first batch.

    The usual words for missing are classes where the other labels are texts, unless
    the setting `missing` names them.
    """
    named = resolve_words(tuple(word for word in choice.missing if word != AUTO))
    words = resolve_words(choice.missing)
    if is_numeric(values) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return FoundTarget(mark_missing(values, words), words)
    marked = mark_missing(values, words)
    rest = marked.dropna().astype(str).str.strip()
    if not len(rest):
        return FoundTarget(mark_missing(values, named), named)
    found = infer_number_style(str(values.name), rest, choice)
    if task == REGRESSION or found is not None:
        return _read_amounts(FoundTarget(marked, words), rest, found, task)
    kept = mark_missing(values, named)
    notes = _describe_kept_words(kept, words)
    return FoundTarget(kept, named, notes=notes)


def _read_amounts(
    target: FoundTarget,
    rest: pd.Series[Any],
    found: FoundStyle | None,
    task: str | None,
) -> FoundTarget:
    if found is None or found.style == PLAIN:
        return target
    target = target._replace(amount_style=found.style)
    is_plain = not np.isnan(parse_numbers(rest)).any()
    # Codes like "1,234" and "5,678" alone are two classes, not amounts.
    if is_plain or (task is None and rest.nunique() <= TWO_CLASSES):
        return target
    notes = tuple(filter(None, [found.warning]))
    return target._replace(style=found.style, notes=notes)


def _describe_kept_words(
    target: pd.Series[Any], words: tuple[str, ...]
) -> tuple[str, ...]:
    texts = target.dropna().astype(str).str.strip()
    kept = texts[texts.isin(words)]
    if not len(kept):
        return ()
    counts = kept.value_counts()
    settled = ", ".join(f'"{word}"' for word in counts.index)
    warning = (
        f"warning: {str(target.name)!r} has {list_values(counts.index)} in {len(kept)} "
        f'rows: kept as a class; `missing = ["auto", {settled}]` takes it for missing'
    )
    return (warning,)


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
    known = numbers[~np.isnan(numbers)]
    # A few words among amounts make no classes of them.
    is_amount = len(known) >= PARSED_SHARE * len(present)
    if not is_numeric(present):
        present = present.astype(str).str.strip()
        is_amount = is_amount and not present.str.fullmatch(ZERO_CODE).any()
    if is_amount and (known != np.floor(known)).any():
        return REGRESSION
    distinct = present.nunique()
    if distinct <= TWO_CLASSES:
        return BINARY
    most = min(MOST_AMOUNT_CLASSES, len(present) / ROWS_A_CLASS)
    if is_amount and distinct > most:
        return REGRESSION
    return MULTICLASS


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


def list_labels(values: pd.Series[Any]) -> list[str]:
    """The names of the classes in a target."""
    labels = categorize_labels(values.dropna())
    return sorted({format_label(value) for value in labels.categories})


def find_look_alikes(known: Iterable[str], new: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names, the second a new one, that differ by case, blanks or a last point."""
    seen: dict[str, str] = {}
    for name in known:
        seen.setdefault(_fold(name), name)
    pairs = []
    for name in sorted(new):
        other = seen.setdefault(_fold(name), name)
        if other != name:
            pairs.append((other, name))
    return pairs


def _fold(name: str) -> str:
    return " ".join(name.casefold().split()).rstrip(" .")
