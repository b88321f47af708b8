"""Which run each run went on from, by the bytes that it found."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...runner.models import Conclusion
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


def trace_lineage(runs: Sequence[PlayedRun]) -> dict[int, Ancestry]:
    """Find out what each run that trained went on from; `runs` are in order of their end."""
    writers: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        for content in frozenset((run.written or {}).values()):
            writers.setdefault(content, []).append(place)
    ancestries = {}
    for index, run in enumerate(runs):
        if run.found is not None:
            ancestries[index] = _find_ancestry(runs, index, writers)
    return ancestries


def _find_ancestry(
    runs: Sequence[PlayedRun], index: int, writers: Mapping[str, Sequence[int]]
) -> Ancestry:
    run = runs[index]
    found = frozenset((run.found or {}).values())
    overlaps_by_place: dict[int, int] = {}
    for content in found:
        for place in writers.get(content, ()):
            if place != index and is_before(runs[place], run):
                overlaps_by_place[place] = overlaps_by_place.get(place, 0) + 1
    parent = None
    for place, overlap in sorted(overlaps_by_place.items()):
        # The later one of two that wrote the same: nothing was new to it.
        if parent is None or overlap >= overlaps_by_place[parent]:
            parent = place
    others: tuple[int, ...] = ()
    if parent is not None:
        rest = found.difference((runs[parent].written or {}).values())
        others = _list_writers(rest, overlaps_by_place, writers)
    # A run that learnt nothing stored what it had found: the newest is the same state.
    newest = _find_newest(runs, index)
    if newest is not None and parent is not None:
        held = frozenset((runs[newest].written or {}).values())
        known = frozenset((runs[parent].written or {}).values())
        if found & known <= held:
            parent = newest
    return Ancestry(parent, others, newest, not found)


def _list_writers(
    contents: Iterable[str],
    earlier: Container[int],
    writers: Mapping[str, Sequence[int]],
) -> tuple[int, ...]:
    """Return the earlier runs that wrote any of these contents."""
    places: set[int] = set()
    for content in contents:
        places.update(place for place in writers.get(content, ()) if place in earlier)
    return tuple(sorted(places))


def is_before(other: PlayedRun, run: PlayedRun) -> bool:
    """Whether a run had trained when another began to."""
    if other.trained_at is None or run.trained_at is None:
        return False
    return other.written is not None and other.ended <= run.trained_at


def has_saved(run: PlayedRun) -> bool:
    """Whether all that a run learnt lay in a store when it had ended."""
    return bool(run.learnt) and run.learnt <= run.saved


def is_up_to_date(run: PlayedRun) -> bool:
    """Whether a run trained, and stored what it learnt or found nothing new to learn."""
    if run.exit_code != 0 or run.conclusion is not Conclusion.SUCCESS:
        return False
    return not run.learnt or has_saved(run)


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
    """Find the last run of the default branch that had stored its state by then."""
    for place in reversed(range(index)):
        other = runs[place]
        if not other.is_trusted or not has_saved(other):
            continue
        if other.workflow == runs[index].workflow and is_before(other, runs[index]):
            return place
    return None
