"""Columns that say when a row is: a key that only grows, and a time that should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from ..errors import SettingsError, SourceSchemaError
from ..program import COMMAND
from ..sources.cursor import RowOrder
from .reading.columns import parse_dates

if TYPE_CHECKING:
    from ..settings import Settings

    Values = pd.Series[Any]

Moment: TypeAlias = (
    Any  # a number or a pandas.Timestamp; in the cursor a number or text
)


def check_order(
    frame: pd.DataFrame, settings: Settings, order: RowOrder
) -> tuple[pd.DataFrame, list[str], RowOrder]:
    """Leave out the rows that `order.after` is beyond, and watch key and time.

    Gives the rows, notes on what is out of order, and what the cursor is to remember.
    Raises SettingsError where a column that the settings name is missing or cannot be
    put in order.
    """
    remembered = RowOrder()
    notes: list[str] = []
    if settings.key:
        keys = _parse_moments(frame, settings.key)
        after = order.after
        if after is not None:
            is_new = keys > _from_json(after, keys)
            if not is_new.all():
                skipped = int((~is_new).sum())
                notes.append(
                    f"{skipped} rows left out: their {settings.key} was trained on before"
                )
            frame = frame[is_new]
            keys = keys[is_new]
            remembered = remembered._replace(after=after)
        remembered = remembered._replace(key=_find_greatest(keys, order.key))
    if settings.time and len(frame):
        times = _parse_moments(frame, settings.time)
        steps_back = _count_steps_back(times, order.time)
        if steps_back:
            notes.append(
                f"warning: {settings.time} goes back {steps_back} times; "
                "rows are trained on in file order"
            )
        remembered = remembered._replace(time=_to_json(times.max()))
    return frame, notes, remembered


def _find_greatest(keys: Values, before: Moment) -> Moment:
    """The greatest key so far, for the cursor; None where there was none yet."""
    if not len(keys):
        return before
    greatest = keys.max()
    if before is not None:
        greatest = max(_from_json(before, keys), greatest)
    return _to_json(greatest)


def _count_steps_back(times: Values, before: Moment) -> int:
    """How often a row is earlier than the one before it; `before` ends the last batch."""
    earlier = times.iloc[1:].to_numpy() < times.iloc[:-1].to_numpy()
    count = int(earlier.sum())
    if before is not None and times.iloc[0] < _from_json(before, times):
        count += 1
    return count


def _parse_moments(frame: pd.DataFrame, name: str) -> Values:
    """Numbers where all are, else dates."""
    if name not in frame.columns:
        raise SettingsError(
            f"{name!r} is no column of the source",
            hint=f"it has {', '.join(map(str, frame.columns))}",
        )
    values = frame[name].astype(object)
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all():
        return numbers.astype(float)
    texts = pd.Index(values.astype(str))
    dates = pd.Series(parse_dates(texts), index=frame.index, name=name)
    if dates.isna().any():
        raise SettingsError(
            f"{name!r} holds values that are neither numbers nor dates, "
            "so rows cannot be put in order by it"
        )
    return dates


def _to_json(moment: Moment) -> str | float:
    if isinstance(moment, pd.Timestamp):
        return moment.isoformat()
    return float(moment)


def _from_json(moment: Moment, values: Values) -> Moment:
    """The moment as `values` hold theirs.

    Raises SourceSchemaError where they hold dates now and held numbers, or the reverse.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        date = parse_dates(pd.Index([moment]))[0] if isinstance(moment, str) else pd.NaT
        if not pd.isna(date):
            return date
    elif isinstance(moment, int | float):
        return moment
    raise SourceSchemaError(
        f"{str(values.name)!r} cannot be compared with {moment!r:.80}, "
        "which it held when the state was trained",
        hint=f"mend the source, or start over: `{COMMAND} reset`",
    )
