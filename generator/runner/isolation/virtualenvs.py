"""Folders for virtualenvs, which concurrent runs take and release.

One run at a time has a slot, and none is lost to a run that was killed. A run holds a
lock on a file of its own for as long as it lives; the lease in a slot names the lock of
the run that has taken it. Once that lock is free, so is the slot.
"""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from ...locks import hold_folder_lock, is_held

_LEASE_NAME = "lease"


def take_slot(folder: Path, lock: Path) -> Path:
    """Return a slot below `folder` for the run that holds `lock`.

    What a killed run left half made in it is gone.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold_folder_lock(folder.parent):
        for number in itertools.count():
            slot = folder / str(number)
            if is_taken(slot):
                continue
            # A run that ends takes its lease away: one without a run was killed.
            if (slot / _LEASE_NAME).exists():
                shutil.rmtree(slot)
            slot.mkdir(parents=True, exist_ok=True)
            (slot / _LEASE_NAME).write_text(str(lock), encoding="utf-8")
            return slot
    raise AssertionError("unreachable")  # pragma: no cover


def is_taken(slot: Path) -> bool:
    """Whether a run that is going on has taken this slot."""
    lock = _read_lease(slot / _LEASE_NAME)
    return bool(lock) and is_held(Path(lock))


def release_slots(virtualenvs: Path, lock: Path) -> None:
    """End every lease of the run that holds `lock`; slots lie two levels below `virtualenvs`."""
    for lease in virtualenvs.glob(f"*/*/{_LEASE_NAME}"):
        if _read_lease(lease) == str(lock):
            lease.unlink(missing_ok=True)


def _read_lease(lease: Path) -> str:
    try:
        return lease.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
