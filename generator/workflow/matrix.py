"""The jobs that a `strategy.matrix` makes.

docs.github.com, "Workflow syntax", jobs.<job_id>.strategy.matrix: the product of the
axes, without what `exclude` takes out, and with what `include` adds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

from ..errors import WorkflowProblemError

MAX_JOBS = 256
_NOT_AXES = frozenset({"include", "exclude"})

Combination = dict[str, object]
"""The `matrix` context of one job: values as YAML has them, by key."""


def expand_matrix(matrix: object, place: str) -> list[Combination]:
    """Return the combinations of a matrix whose expressions were worked out.

    `place` names the job in errors. Raises WorkflowProblemError for what is no matrix,
    for one that comes to nothing, and for one of more than MAX_JOBS jobs.
    """
    if not isinstance(matrix, Mapping):
        raise WorkflowProblemError(f"{place}: the matrix is no mapping, but {matrix!r}")
    axes = _read_axes(matrix, place)
    _check_count(math.prod(len(values) for values in axes.values()), place)
    combinations: list[Combination] = []
    if axes:
        products = itertools.product(*axes.values())
        combinations += [dict(zip(axes, values, strict=True)) for values in products]
    excluded = _list_entries(matrix, "exclude", place)
    left = [one for one in combinations if not _is_excluded(one, excluded)]
    expanded = _include(left, _list_entries(matrix, "include", place), axes)
    _check_count(len(expanded), place)
    if not expanded:
        raise WorkflowProblemError(f"{place}: the matrix comes to no job at all")
    return expanded


def _read_axes(matrix: Mapping[str, object], place: str) -> dict[str, list[object]]:
    axes = {}
    for name, values in matrix.items():
        if name in _NOT_AXES:
            continue
        if not isinstance(values, list) or not values:
            raise WorkflowProblemError(
                f"{place}: matrix.{name} must be a list with at least one value"
            )
        axes[str(name)] = values
    return axes


def _is_excluded(
    combination: Combination, excluded: Iterable[Mapping[str, object]]
) -> bool:
    return any(_matches(combination, entry) for entry in excluded)


def _check_count(count: int, place: str) -> None:
    if count > MAX_JOBS:
        raise WorkflowProblemError(
            f"{place}: the matrix makes {count} jobs, and GitHub runs {MAX_JOBS} at most"
        )


def _list_entries(
    matrix: Mapping[str, object], key: str, place: str
) -> list[Mapping[str, object]]:
    entries = matrix.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise WorkflowProblemError(f"{place}: matrix.{key} must be a list")
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise WorkflowProblemError(f"{place}: matrix.{key} must list mappings")
    return entries


def _matches(combination: Combination, entry: Mapping[str, object]) -> bool:
    """Whether a combination has all the values of an entry."""
    for name, value in entry.items():
        if name not in combination or combination[name] != value:
            return False
    return True


def _include(
    combinations: list[Combination],
    entries: Iterable[Mapping[str, object]],
    axes: Mapping[str, object],
) -> list[Combination]:
    """Add each entry to the combinations whose own values it leaves, else as one of its own."""
    extended = [dict(combination) for combination in combinations]
    added: list[Combination] = []
    for entry in entries:
        own = {name: value for name, value in entry.items() if name in axes}
        fitting = []
        for original, combination in zip(combinations, extended, strict=True):
            if _matches(original, own):
                fitting.append(combination)
        for combination in fitting:
            combination.update(entry)
        if not fitting:
            added.append(dict(entry))
    return extended + added


def format_values(combination: Mapping[str, object]) -> str:
    """Return the values of a combination as GitHub shows them behind the job's name."""
    return ", ".join(_iter_leaves(combination))


def _iter_leaves(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _iter_leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _iter_leaves(item)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value)
