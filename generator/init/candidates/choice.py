"""All candidates of a repository, and whether one of them is clearly the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from .project import find_in_project
from .readme import find_in_readme
from .record import Candidate
from .scripts import find_scripts
from .workflows import find_in_workflows

# Where candidates are looked for: a new place is one module and one row.
FINDERS: tuple[Callable[[Path], Iterator[Candidate]], ...] = (
    find_in_workflows,
    find_in_project,
    find_scripts,
    find_in_readme,
)
# What one has to have, and to have more than the next, to be taken without asking.
_LEAST_SCORE = 3
_LEAST_LEAD = 2
MOST_SHOWN = 8


class Choice(NamedTuple):
    """The candidate that is clearly the training, None for none, and all of them."""

    taken: Candidate | None
    candidates: tuple[Candidate, ...]


def choose_training(root: Path) -> Choice:
    """Look everywhere; what speaks most for a command comes first.

    Of several ways to start one script the likeliest stays.
    """
    by_key: dict[str, Candidate] = {}
    for find in FINDERS:
        for candidate in find(root):
            if candidate.score < 1:
                continue
            key = candidate.script or candidate.command
            known = by_key.get(key)
            if known is None or _get_weight(candidate) > _get_weight(known):
                by_key[key] = candidate
    ordered = sorted(by_key.values(), key=_get_weight, reverse=True)
    return Choice(_take(ordered), tuple(ordered))


def _get_weight(candidate: Candidate) -> tuple[bool, int]:
    return not candidate.missing, candidate.score


def _take(ordered: list[Candidate]) -> Candidate | None:
    if not ordered:
        return None
    best = ordered[0]
    if best.missing or best.score < _LEAST_SCORE:
        return None
    for other in ordered[1:]:
        # One that lacks an argument may still be the one that is meant.
        if other.score > best.score - _LEAST_LEAD:
            return None
    return best
