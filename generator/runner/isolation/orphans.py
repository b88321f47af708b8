"""Ends processes that a run left behind.

Act gives every step a session of its own, which outlives act's.

They are known by their HOME, a folder that no other run has. Where there is no /proc
none are found; those steps end when they next write to the terminal that went away with
act.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

ROUNDS = 200
PAUSE_SECONDS = 0.02


def end_processes(home: Path) -> None:
    """Kill every process whose HOME is this folder, and wait until they are gone."""
    for _ in range(ROUNDS):
        found = list(_with_home(home))
        if not found:
            return
        # Again and again: one that was just being started is found in the next round.
        for process_id in found:
            with contextlib.suppress(OSError):
                os.kill(process_id, signal.SIGKILL)
        time.sleep(PAUSE_SECONDS)


def _with_home(home: Path) -> Iterator[int]:
    wanted = f"HOME={home}".encode()
    own = os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        # Another user's process, or one that ended meanwhile, is none of ours.
        with contextlib.suppress(OSError):
            if int(folder.name) != own and wanted in (
                folder / "environ"
            ).read_bytes().split(b"\0"):
                yield int(folder.name)
