"""Which run each run went on from, by the bytes that it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..play.records import PlayedRun


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Where a run's state came from: places in the list of runs.

    `parent` is None where it found nothing that an earlier run wrote; `others` wrote
    parts that the parent did not. `newest` is the last run of the default branch that
    had stored its state by then. `is_fresh` says that it found no file at all.
    """

    parent: int | None
    others: tuple[int, ...]
    newest: int | None
    is_fresh: bool


def find_ancestry(runs: Sequence[PlayedRun], index: int) -> Ancestry:
    """Find out what a run that trained went on from; `runs` are in order of their end."""
    run = runs[index]
    found = frozenset((run.found or {}).values())
    parent, most = None, 0
    for place, other in enumerate(runs):
        if place == index or not is_before(other, run):
            continue
        # The later one of two that wrote the same: nothing was new to it.
        overlap = len(found.intersection((other.written or {}).values()))
        if overlap and overlap >= most:
            parent, most = place, overlap
    others: tuple[int, ...] = ()
    if parent is not None:
        others = _find_others(runs, index, parent, found)
    # A run that learnt nothing stored what it had found: the newest is the same state.
    newest = _find_newest(runs, index)
    if newest is not None and parent is not None:
        held = frozenset((runs[newest].written or {}).values())
        known = frozenset((runs[parent].written or {}).values())
        if found & known <= held:
            parent = newest
    return Ancestry(parent, others, newest, not found)


def is_before(other: PlayedRun, run: PlayedRun) -> bool:
    """Whether a run had trained when another began to."""
    if other.trained_at is None or run.trained_at is None:
        return False
    return other.written is not None and other.ended <= run.trained_at


def has_saved(run: PlayedRun) -> bool:
    """Whether all that a run learnt lay in a store when it had ended."""
    return bool(run.learnt) and run.learnt <= run.saved


def overlaps(first: PlayedRun, second: PlayedRun) -> bool:
    """Whether two runs trained side by side."""
    return _lies_within(first, second.trained_at) or _lies_within(
        second, first.trained_at
    )


def _lies_within(run: PlayedRun, instant: datetime | None) -> bool:
    if run.trained_at is None or instant is None:
        return False
    return run.trained_at <= instant < run.ended


def _find_newest(runs: Sequence[PlayedRun], index: int) -> int | None:
    newest = None
    for place, other in enumerate(runs):
        if place == index or not other.is_trusted:
            continue
        if other.workflow != runs[index].workflow:
            continue
        if has_saved(other) and is_before(other, runs[index]):
            newest = place
    return newest


def _find_others(
    runs: Sequence[PlayedRun], index: int, parent: int, found: frozenset[str]
) -> tuple[int, ...]:
    """Return the runs that wrote what was found and that the parent did not write."""
    rest = found.difference((runs[parent].written or {}).values())
    others = []
    for place, other in enumerate(runs):
        is_earlier = place != index and is_before(other, runs[index])
        if is_earlier and rest.intersection((other.written or {}).values()):
            others.append(place)
    return tuple(others)
