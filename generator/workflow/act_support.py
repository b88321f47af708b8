"""What GitHub knows of a workflow file and act (0.2.89) refuses to read.

A run is given a copy without it, and so is what checks a file by act.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from .source import NodePath, Position, YamlDocument

# A part of a workflow's data, as YAML has it.
Mapping: TypeAlias = dict[str, Any]

QUEUE = "concurrency.queue"


class UnsupportedKey(NamedTuple):
    """Where a key stands that act does not know, and how it is called."""

    path: NodePath
    name: str


def find_unsupported(document: Mapping) -> list[UnsupportedKey]:
    """Find what act refuses to read in the data of a workflow."""
    found = []
    if _has_queue(document):
        found.append(UnsupportedKey(("concurrency",), QUEUE))
    if "cache-mode" in document:
        found.append(UnsupportedKey(("cache-mode",), "cache-mode"))
    jobs = document.get("jobs")
    if isinstance(jobs, dict):
        for name, job in jobs.items():
            if isinstance(job, dict):
                found += _find_in_job(job, ("jobs", name))
    found += _find_timezones(document)
    return found


def remove_unsupported(document: Mapping) -> list[str]:
    """Remove from a workflow's data what act refuses to read; what each was."""
    found = find_unsupported(document)
    for key in found:
        holder: Any = document
        for part in key.path[:-1]:
            holder = holder[part]
        del holder[key.path[-1]]
    return [key.name for key in found]


def blank_unsupported(document: YamlDocument) -> str | None:
    """The text of a workflow with empty lines for what act refuses to read.

    Everything else stands where it stood. None where a key shares its lines with others,
    or holds an anchor that others refer to.
    """
    lines = document.text.split("\n")
    for key in find_unsupported(document.mapping):
        begin = document.positions.get(key.path)
        if begin is None:
            return None
        end = _find_end(document, key.path, len(lines))
        removed = lines[begin.line - 1 : end.line - 1]
        before = lines[begin.line - 1][: begin.column - 1]
        after = ""
        if end.line <= len(lines):
            after = lines[end.line - 1][: end.column - 1]
        if (
            not removed
            or before.strip()
            or after.strip(" -")
            or "&" in "".join(removed)
        ):
            return None
        lines[begin.line - 1 : end.line - 1] = [""] * len(removed)
    return "\n".join(lines)


def _find_end(document: YamlDocument, path: NodePath, lines: int) -> Position:
    """Where what comes after a node and all within it begins."""
    begin, length = document.positions[path], len(path)
    later = [
        position
        for other, position in document.positions.items()
        if position > begin and other[:length] != path
    ]
    return min(later, default=Position(lines + 1, 1))


def _find_in_job(job: Mapping, path: NodePath) -> Iterator[UnsupportedKey]:
    if _has_queue(job):
        yield UnsupportedKey((*path, "concurrency"), QUEUE)
    if "cache-mode" in job:
        yield UnsupportedKey((*path, "cache-mode"), "cache-mode")


def _find_timezones(document: Mapping) -> Iterator[UnsupportedKey]:
    triggers = document.get("on")
    if not isinstance(triggers, dict):
        return
    schedules = triggers.get("schedule")
    if not isinstance(schedules, list):
        return
    for number, schedule in enumerate(schedules):
        if isinstance(schedule, dict) and "timezone" in schedule:
            path = ("on", "schedule", number, "timezone")
            yield UnsupportedKey(path, "schedule.timezone")


def _has_queue(holder: Mapping) -> bool:
    concurrency = holder.get("concurrency")
    return isinstance(concurrency, dict) and "queue" in concurrency
