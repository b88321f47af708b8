"""Whose turn it is in a concurrency group.

One run or job goes on, others wait, of these perhaps only the newest (docs.github.com,
"Control the concurrency of workflows and jobs").

act ignores `concurrency`. Each run or job has an entry in the group's queue, a numbered
file that it holds a lock on: the lowest that is held has its turn, and one whose run was
killed is held by nobody. A newer one that cancels those in progress writes that into
their entries.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ...locks import HeldLock, hold_folder_lock, is_held

PAUSE_SECONDS = 0.1
ENTRY_SUFFIX = ".ticket"
# What stands in the file of an entry; one that waits is empty.
_GOING_ON = "going on"
_SUPERSEDED = "superseded"
_CANCELLED = "cancelled"


class ConcurrencyGroup(NamedTuple):
    """A concurrency group: `queues` keeps all who wait, else only the newest waits.

    `cancels` says that whoever enters cancels the one that is going on.
    """

    name: str
    queues: bool = False
    cancels: bool = False


class Turn(NamedTuple):
    """The turn of a run or job in its group, while it has it."""

    group: ConcurrencyGroup
    entry: Path

    def find_reason(self) -> str:
        """Say, in GitHub's words, why it is over before its time; "" where it is not."""
        try:
            if self.entry.read_text(encoding="utf-8") != _CANCELLED:
                return ""
        except FileNotFoundError:
            return ""
        name = self.group.name
        return f"Canceling since a higher priority waiting request for {name} exists"


class SupersededError(Exception):
    """A newer run or job of the group waits instead of this one."""


@contextlib.contextmanager
def take_turn(
    folder: Path, group: ConcurrencyGroup, on_wait: Callable[[], None]
) -> Iterator[Turn]:
    """Wait for the turn in a group and have it.

    `on_wait` is called every PAUSE_SECONDS while it is another's. Raises
    SupersededError.
    """
    # GitHub takes names of groups that differ in case for the same.
    digest = hashlib.sha256(group.name.lower().encode()).hexdigest()
    queue = folder / digest[:16]
    queue.mkdir(parents=True, exist_ok=True)
    entry = _add_entry(queue, group)
    try:
        _wait(queue, entry.path, on_wait)
        yield Turn(group, entry.path)
    finally:
        with hold_folder_lock(queue):
            entry.path.unlink(missing_ok=True)
            entry.release()


def _add_entry(queue: Path, group: ConcurrencyGroup) -> HeldLock:
    with hold_folder_lock(queue):
        number = 1
        for path in _list_entries(queue):
            number = int(path.stem) + 1
            is_going_on = path.read_text(encoding="utf-8") in {_GOING_ON, _CANCELLED}
            if is_going_on and group.cancels:
                path.write_text(_CANCELLED, encoding="utf-8")
            elif not is_going_on and not group.queues:
                path.write_text(_SUPERSEDED, encoding="utf-8")
        entry = HeldLock(queue / f"{number:010}{ENTRY_SUFFIX}")
        if len(_list_entries(queue)) == 1:
            # Its turn at once: whoever comes next finds one that is going on, and not
            # one that waits and can be taken the place of.
            entry.path.write_text(_GOING_ON, encoding="utf-8")
        return entry


def _wait(queue: Path, entry: Path, on_wait: Callable[[], None]) -> None:
    while True:
        with hold_folder_lock(queue):
            if entry.read_text(encoding="utf-8") == _SUPERSEDED:
                raise SupersededError
            if _list_entries(queue)[0] == entry:
                entry.write_text(_GOING_ON, encoding="utf-8")
                return
        on_wait()
        time.sleep(PAUSE_SECONDS)


def _list_entries(queue: Path) -> list[Path]:
    """Return the entries of living runs, in order; those of killed ones are removed."""
    living = []
    for path in sorted(queue.glob(f"*{ENTRY_SUFFIX}")):
        if is_held(path):
            living.append(path)
        else:
            path.unlink(missing_ok=True)
    return living
