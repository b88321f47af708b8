"""Columns that say when a row is: a key that only grows, and a time that should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import SettingsError
from .columns import parse_dates

if TYPE_CHECKING:
    from ..settings import Settings
    from ..sources.cursor import Cursor


def ordered(
    frame: pd.DataFrame, settings: Settings, cursor: Cursor
) -> tuple[pd.DataFrame, list[str], Cursor]:
    """The rows beyond `cursor["after"]`, what is out of order, and what the cursor is to remember.

    Raises SettingsError where a column that the settings name is missing or cannot be
    put in order.
    """
    kept: Cursor = {}
    notes: list[str] = []
    if settings.key:
        values = _comparable(frame, settings.key)
        after = cursor.get("after")
        if after is not None:
            fresh = values > _like(values, after)
            notes += (
                [f"{int((~fresh).sum())} rows left out: learnt before the rewrite"]
                if not fresh.all()
                else []
            )
            frame, values = frame[fresh], values[fresh]
            kept["after"] = after
        known = [
            value
            for value in (
                cursor.get("key"),
                _plain(values.max()) if len(values) else None,
            )
            if value is not None
        ]
        kept["key"] = max(known) if known else None
    if settings.time and len(frame):
        times = _comparable(frame, settings.time)
        back = int((times.iloc[1:].to_numpy() < times.iloc[:-1].to_numpy()).sum())
        if cursor.get("time") is not None and times.iloc[0] < _like(
            times, cursor["time"]
        ):
            back += 1
        notes += (
            [
                f"warning: {settings.time} goes back {back} times; rows are learnt in file order"
            ]
            if back
            else []
        )
        kept["time"] = _plain(times.max())
    return frame, notes, kept


def _comparable(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Numbers where they are, else moments."""
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
    moments = pd.Series(parse_dates(texts), index=frame.index)
    if moments.isna().any():
        raise SettingsError(
            f"{name!r} holds values that are neither numbers nor dates, so rows cannot be put in order by it"
        )
    return moments


def _plain(value: Any) -> Any:  # noqa: ANN401  # a number or a moment, for JSON
    return value.isoformat() if isinstance(value, pd.Timestamp) else float(value)


def _like(values: pd.Series[Any], kept: Any) -> Any:  # noqa: ANN401  # as kept by _plain
    return (
        pd.Timestamp(kept)
        if pd.api.types.is_datetime64_any_dtype(values.dtype)
        else kept
    )
