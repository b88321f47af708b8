"""Whose turn it is in a concurrency group.

One run goes on, others wait, of these perhaps only the newest.

act ignores `concurrency`. Each run takes a numbered ticket, a file that it holds a lock
on: the lowest that is held has its turn, and one whose run was killed is held by
nobody. Runs of a group that are going on are never cancelled here.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ...workflow.expressions import expand_github_names
from ...workflow.model import Concurrency
from .virtualenvs import HeldLock, alone_in, is_held

PAUSE_SECONDS = 0.1
_GOING = "going on"
_SUPERSEDED = "superseded"


class Group(NamedTuple):
    """A concurrency group: `queues` keeps every waiting run, else only the newest waits."""

    name: str
    queues: bool


class SupersededError(Exception):
    """A newer run of the group waits instead of this one."""


def group_of(
    concurrency: Concurrency | None, github: Mapping[str, str]
) -> Group | None:
    """The group that a workflow's `concurrency` names, None where it names none.

    `github` holds what `${{ github.NAME }}` stand for. Raises ValueError where the name
    has an expression that is more than names, texts and ||.
    """
    if concurrency is None:
        return None
    name = expand_github_names(concurrency.group, github)
    return Group(name, queues=concurrency.queue == "max")


@contextlib.contextmanager
def turn(folder: Path, group: Group, on_wait: Callable[[], None]) -> Iterator[None]:
    """Wait for the turn in a group and have it.

    `on_wait` is called every PAUSE_SECONDS while it is another's.

    Raises SupersededError. GitHub takes names of groups that differ in case for the
    same.
    """
    place = folder / hashlib.sha256(group.name.lower().encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    ticket = _take_ticket(place, group)
    try:
        _wait(place, ticket.path, on_wait)
        yield
    finally:
        with alone_in(place):
            ticket.path.unlink(missing_ok=True)
            ticket.release()


def _take_ticket(place: Path, group: Group) -> HeldLock:
    with alone_in(place):
        before = _tickets(place)
        number = 1 + max((int(path.stem) for path in before), default=0)
        for path in before if not group.queues else ():
            if path.read_text(encoding="utf-8") != _GOING:
                path.write_text(_SUPERSEDED, encoding="utf-8")
        return HeldLock(place / f"{number:010}.ticket")


def _wait(place: Path, ticket: Path, on_wait: Callable[[], None]) -> None:
    while True:
        with alone_in(place):
            if ticket.read_text(encoding="utf-8") == _SUPERSEDED:
                raise SupersededError
            if _tickets(place)[0] == ticket:
                ticket.write_text(_GOING, encoding="utf-8")
                return
        on_wait()
        time.sleep(PAUSE_SECONDS)


def _tickets(place: Path) -> list[Path]:
    """The tickets of living runs, in order; those of killed ones go."""
    living = []
    for path in sorted(place.glob("*.ticket")):
        if is_held(path):
            living.append(path)
        else:
            path.unlink(missing_ok=True)
    return living
