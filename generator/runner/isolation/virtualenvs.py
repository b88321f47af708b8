"""Folders that concurrent runs take and give back.

One taker at a time, and nothing lost to a run that was killed.

A run holds a lock on a file of its own for as long as it lives; a slot names the lock
of its taker. A lock that can be had belongs to nobody, so its run is over, however it
ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_LEASE = "lease"


class HeldLock:
    """A lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        while True:
            self._descriptor = os.open(
                path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
            )
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            # Between the two calls a sweep may have taken the new file for a dead run's
            # and removed it.
            with contextlib.suppress(FileNotFoundError):
                if os.fstat(self._descriptor).st_ino == path.stat().st_ino:
                    return
            os.close(self._descriptor)

    def release(self) -> None:
        """Let it go."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def take_slot(folder: Path, lock: Path) -> Path:
    """A slot below `folder` for the run that holds `lock`.

    What a killed run left half made in it is gone.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone_in(folder.parent):
        for number in itertools.count():
            slot = folder / str(number)
            if is_taken(slot):
                continue
            if (slot / _LEASE).exists():
                shutil.rmtree(slot)
            slot.mkdir(parents=True, exist_ok=True)
            (slot / _LEASE).write_text(str(lock), encoding="utf-8")
            return slot
    raise AssertionError("unreachable")  # pragma: no cover


def is_taken(slot: Path) -> bool:
    """Whether a run that is going on has taken this slot."""
    owner = _read(slot / _LEASE)
    return bool(owner) and is_held(Path(owner))


def give_back(pool: Path, lock: Path) -> None:
    """End every lease of the run that holds `lock`; slots lie two levels below `pool`."""
    for lease in pool.glob(f"*/*/{_LEASE}"):
        if _read(lease) == str(lock):
            lease.unlink(missing_ok=True)


def _read(lease: Path) -> str:
    try:
        return lease.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait for the folder's own lock, and hold it."""
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
