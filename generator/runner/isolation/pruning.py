"""Keeps what outlives a run from growing for ever: logs and virtualenvs."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from ...locks import hold_folder_lock
from .virtualenvs import is_taken

KEPT_LOGS = 100
# Each holds all that one Python and one list of requirements need: often some hundred
# megabytes.
KEPT_VIRTUALENVS = 10
IDLE_SECONDS = 30 * 86_400.0
_DOOMED = "doomed-"


def prune_logs(folder: Path, keep: int = KEPT_LOGS) -> None:
    """Remove all but the newest logs."""
    logs = sorted(folder.glob("*.jsonl"), key=_get_change_time, reverse=True)
    for log in logs[keep:]:
        log.unlink(missing_ok=True)


def prune_virtualenvs(
    virtualenvs: Path, now: float, keep: int = KEPT_VIRTUALENVS
) -> None:
    """Remove virtualenvs that no run has taken and that are idle.

    So are those of a family that is not among the `keep` used last. A family is the
    folder of all slots for one Python and one list of requirements. `now` is in seconds
    since 1970.
    """
    if not virtualenvs.is_dir():
        return
    with hold_folder_lock(virtualenvs):
        families = sorted(_iter_families(virtualenvs), key=_get_last_use, reverse=True)
        for rank, family in enumerate(families):
            for slot in _list_slots(family):
                is_idle = now - _get_change_time(slot) > IDLE_SECONDS
                if (rank >= keep or is_idle) and not is_taken(slot):
                    # Only renamed here, so that no run waits for the lock while files
                    # are removed.
                    slot.rename(virtualenvs / f"{_DOOMED}{uuid.uuid4().hex}")
            # A family with a slot left is not empty, and stays.
            with contextlib.suppress(OSError):
                family.rmdir()
    # Those that an earlier run renamed before it was killed go too.
    for doomed in virtualenvs.glob(f"{_DOOMED}*"):
        shutil.rmtree(doomed, ignore_errors=True)


def _iter_families(virtualenvs: Path) -> Iterator[Path]:
    for folder in virtualenvs.iterdir():
        if folder.is_dir() and not folder.name.startswith(_DOOMED):
            yield folder


def _list_slots(family: Path) -> list[Path]:
    return [folder for folder in family.iterdir() if folder.is_dir()]


def _get_last_use(family: Path) -> float:
    return max(map(_get_change_time, _list_slots(family)), default=0.0)


def _get_change_time(path: Path) -> float:
    """Return when a log was last written, or the lease of a slot taken or released."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
