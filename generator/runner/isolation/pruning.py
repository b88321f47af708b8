"""Keeps what outlives a run from growing for ever: logs, and the pool of Python environments."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from .virtualenvs import alone_in, is_taken

KEPT_LOGS = 100
# Each holds all that one Python and one list of requirements need: often some hundred megabytes.
KEPT_ENVIRONMENTS = 10
IDLE_SECONDS = 30 * 86_400.0
_DOOMED = "doomed-"


def prune_logs(folder: Path, keep: int = KEPT_LOGS) -> None:
    """Remove all but the newest logs."""
    for log in sorted(folder.glob("*.jsonl"), key=_changed_at, reverse=True)[keep:]:
        log.unlink(missing_ok=True)


def prune_environments(pool: Path, now: float, keep: int = KEPT_ENVIRONMENTS) -> None:
    """Remove environments that no run has taken and that are idle.

    Or of none of the kinds that were used last.

    `now` is in seconds since 1970. They are moved aside first, so that no run waits
    while files are removed.
    """
    if not pool.is_dir():
        return
    with alone_in(pool):
        for place, kind in enumerate(sorted(_kinds(pool), key=_used_at, reverse=True)):
            for slot in _slots(kind):
                idle = now - _changed_at(slot) > IDLE_SECONDS
                if (place >= keep or idle) and not is_taken(slot):
                    slot.rename(pool / f"{_DOOMED}{uuid.uuid4().hex}")
            # One with a slot left stays.
            with contextlib.suppress(OSError):
                kind.rmdir()
    # Those of a run that was killed here before go too.
    for doomed in pool.glob(f"{_DOOMED}*"):
        shutil.rmtree(doomed, ignore_errors=True)


def _kinds(pool: Path) -> Iterator[Path]:
    return (
        folder
        for folder in pool.iterdir()
        if folder.is_dir() and not folder.name.startswith(_DOOMED)
    )


def _slots(kind: Path) -> list[Path]:
    return [folder for folder in kind.iterdir() if folder.is_dir()]


def _changed_at(path: Path) -> float:
    """When a log was last written, or the lease of a slot taken or given back."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _used_at(kind: Path) -> float:
    return max(map(_changed_at, _slots(kind)), default=0.0)
