"""Locks on files, which end with the process that holds them, however it ends.

They are flock(2) locks: a lock that can be had belongs to nobody, so whoever held it
is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

_LOCK_NAME = "lock"


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
        """Release the lock; the file stays."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared: two that only look at the same time must not see each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def hold_folder_lock(folder: Path) -> Iterator[None]:
    """Wait for the lock of a folder, and hold it."""
    descriptor = os.open(
        folder / _LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
