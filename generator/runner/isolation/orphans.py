"""Ends processes that a run left behind.

act gives every step a session of its own, which outlives act's. Such processes are
known by their HOME, a folder that no other run has. Where there is no /proc none are
found; those steps end when they next write to the terminal that went away with act.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MAX_ROUNDS = 200
PAUSE_SECONDS = 0.02


def kill_orphans(home: Path) -> None:
    """Kill every process whose HOME is this folder, and wait until they are gone."""
    for _ in range(MAX_ROUNDS):
        process_ids = list(_find_processes(home))
        if not process_ids:
            return
        # Again and again: one that was just being started is found in the next round.
        for process_id in process_ids:
            with contextlib.suppress(OSError):
                os.kill(process_id, signal.SIGKILL)
        time.sleep(PAUSE_SECONDS)


def _find_processes(home: Path) -> Iterator[int]:
    variable = f"HOME={home}".encode()
    own_id = os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        process_id = int(folder.name)
        if process_id == own_id:
            continue
        # Another user's process, or one that ended meanwhile, is none of ours.
        with contextlib.suppress(OSError):
            variables = (folder / "environ").read_bytes().split(b"\0")
            if variable in variables:
                yield process_id
