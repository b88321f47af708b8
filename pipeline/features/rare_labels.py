"""Labels that nobody has heard of: set aside until they have come often enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import SourceSchemaError
from ..program import COMMAND
from ..tasks import BINARY, MULTICLASS, REGRESSION
from .reading.columns import replace_columns
from .reading.target import TWO_CLASSES, WHOLE_NUMBER, categorize_labels, format_label
from .schema import MOST_CLASSES

if TYPE_CHECKING:
    import pandas as pd

    from .schema import Schema

# A label is a class of its own from so many rows on: "TOTAL" below a table is none.
LEAST_LABEL_ROWS = 5
# In a first batch of so many rows the same holds, where without them there are two
# classes: three or more would be another task.
LEAST_FIRST_ROWS = 100
# Beyond this share of a batch an odd label is no slip, and an explicit task is wrong.
MOST_ODD_SHARE = 0.1
# So many odd labels are counted; a stream of ids would fill the state.
MOST_WAITING = 1000
SHOWN = 3
# What stands for all classes for which there is no room.
OTHER = "(other)"
# Numbers that come too seldom to be classes are amounts, or ids, beyond this share.
MOST_RARE_SHARE = 1 / 3
NUMBER = re.compile(r"-?\d+(\.\d+)?")
FRACTION = re.compile(r"-?\d+\.\d+")


class Labels(NamedTuple):
    """A batch with the target as class names, and how many rows were set aside."""

    frame: pd.DataFrame
    set_aside: int
    notes: list[str]


def set_labels_aside(
    schema: Schema, frame: pd.DataFrame, waiting: dict[str, int], *, explicit: bool
) -> Labels:
    """Leave out rows whose label is new and rare, and count it in `waiting`.

    With an `explicit` binary task a third class never joins. Raises SourceSchemaError
    where a large part of a batch has one.
    """
    target = frame[schema.target].dropna()
    if schema.task == REGRESSION or not len(target):
        return Labels(frame, 0, [])
    codes = categorize_labels(target)
    names = [format_label(value) for value in codes.categories]
    counts = np.bincount(np.asarray(codes.codes), minlength=len(names))
    totals: dict[str, int] = {}
    for name, count in zip(names, counts.tolist(), strict=True):
        totals[name] = totals.get(name, 0) + count
    if _are_ids(schema, totals):
        # The conversion refuses them.
        return Labels(frame, 0, [])
    odd = _find_odd(schema, totals, waiting, explicit=explicit)
    merged = _find_merged(schema, set(totals) - set(odd))
    _check_amounts(schema, odd, len(target))
    if not odd and not merged:
        return Labels(frame, 0, [])
    own = np.array(names, dtype=object)[np.asarray(codes.codes)]
    texts = own.astype(str)
    is_odd = np.isin(texts, sorted(odd))
    own[np.isin(texts, sorted(merged))] = OTHER
    kept = frame[frame[schema.target].notna()]
    kept = replace_columns(kept, {schema.target: own})
    count = int(is_odd.sum())
    if explicit and count > MOST_ODD_SHARE * len(target):
        raise SourceSchemaError(
            f"the target {schema.target!r} is to have two classes, and {count} of "
            f"{len(target)} rows have others: {_list_names(odd)}",
            hint='mend the source, or `task = "multiclass"` from the start: '
            f"`{COMMAND} reset`",
        )
    return Labels(kept[~is_odd], count, _describe(schema, odd, merged))


def _check_amounts(schema: Schema, odd: dict[str, int], rows: int) -> None:
    """Raise SourceSchemaError where whole numbers, once taken for classes, are amounts."""
    if not all(map(WHOLE_NUMBER.fullmatch, schema.classes)):
        return
    fractions = [name for name in odd if FRACTION.fullmatch(name)]
    numbers = [name for name in odd if NUMBER.fullmatch(name)]
    is_split = sum(odd[name] for name in fractions) > MOST_ODD_SHARE * rows
    is_spread = sum(odd[name] for name in numbers) > MOST_RARE_SHARE * rows
    if schema.classes and (is_split or is_spread):
        found = "fractions" if is_split else "ever new ones"
        shown = _list_names(dict.fromkeys(fractions if is_split else numbers, 1))
        raise SourceSchemaError(
            f"the target {schema.target!r} had whole numbers, taken for classes, and now "
            f"has {found}: {shown}",
            hint=f'`task = "regression"` from the start: `{COMMAND} reset`',
        )


def _are_ids(schema: Schema, totals: dict[str, int]) -> bool:
    """Whether there are too many new labels, and about as many as rows."""
    new = set(totals) - set(schema.classes)
    rows = sum(totals.values())
    return len(new) + len(schema.classes) > MOST_CLASSES and len(new) > rows / 2


def _find_odd(
    schema: Schema, totals: dict[str, int], waiting: dict[str, int], *, explicit: bool
) -> dict[str, int]:
    """New labels that came too seldom so far, with their rows of this batch."""
    new = sorted(
        set(totals) - set(schema.classes), key=lambda name: (-totals[name], name)
    )
    never = explicit and schema.task == BINARY
    if not schema.classes:
        return _find_odd_at_first(totals, never=never)
    has_room = TWO_CLASSES - len(schema.classes)
    odd = {}
    for name in new:
        rows = totals[name]
        if never and has_room > 0:
            has_room -= 1
            continue
        if name in waiting or len(waiting) < MOST_WAITING:
            waiting[name] = waiting.get(name, 0) + rows
        if never or waiting.get(name, 0) < LEAST_LABEL_ROWS:
            odd[name] = rows
        else:
            del waiting[name]
    return odd


def _find_odd_at_first(totals: dict[str, int], *, never: bool) -> dict[str, int]:
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    rest = dict(ordered[TWO_CLASSES:])
    if never:
        return rest
    is_large = sum(totals.values()) >= LEAST_FIRST_ROWS
    common = [rows for _, rows in ordered[:TWO_CLASSES]]
    is_rare = rest and max(rest.values()) < LEAST_LABEL_ROWS <= min(common)
    if is_large and is_rare and len(rest) == 1:
        return rest
    return {}


def _find_merged(schema: Schema, names: set[str]) -> set[str]:
    """New classes for which there is no room: they become OTHER together."""
    new = sorted(names - set(schema.classes))
    if len(schema.classes) + len(new) < MOST_CLASSES and OTHER not in schema.classes:
        return set()
    room = max(0, MOST_CLASSES - 1 - len(set(schema.classes) - {OTHER}))
    if OTHER in schema.classes:
        room = 0
    return set(new[room:]) - {OTHER}


def _describe(schema: Schema, odd: dict[str, int], merged: set[str]) -> list[str]:
    notes = []
    if odd:
        notes.append(
            f"warning: {sum(odd.values())} rows set aside: {_list_names(odd)} came as "
            f"{schema.target!r} too seldom to be classes"
        )
    if merged:
        notes.append(
            f"warning: {len(merged)} classes beyond {MOST_CLASSES} are one, {OTHER!r}"
        )
    return notes


def _list_names(names: dict[str, int]) -> str:
    shown = ", ".join(f"{name!r:.40}" for name in list(names)[:SHOWN])
    if len(names) > SHOWN:
        return f"{shown} and {len(names) - SHOWN} more"
    return shown


def correct_first_task(schema: Schema, labels: Labels, *, explicit: bool) -> None:
    """Two classes are left once an odd label is set aside: the task is binary."""
    is_first = not schema.classes and schema.task == MULTICLASS
    if explicit or not is_first or not labels.set_aside:
        return
    if labels.frame[schema.target].dropna().nunique() <= TWO_CLASSES:
        schema.task = BINARY
