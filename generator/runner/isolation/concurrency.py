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

from .virtualenvs import HeldLock, alone_in, is_held

PAUSE_SECONDS = 0.1
_GOING = "going on"
_SUPERSEDED = "superseded"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TERM = re.compile(r"\s*(?:github\.(?P<name>\w+)|'(?P<text>[^']*)')\s*")


class Group(NamedTuple):
    """A concurrency group: `queues` keeps every waiting run, else only the newest waits."""

    name: str
    queues: bool


class SupersededError(Exception):
    """A newer run of the group waits instead of this one."""


def group_of(concurrency: object, github: Mapping[str, str]) -> Group | None:
    """The group that a workflow's `concurrency` names.

    With what its `${{ github.NAME }}` stand for.

    None where it names none. Raises ValueError where the name has an expression that is
    more than names, texts and ||.
    """
    if not concurrency:
        return None
    queues = isinstance(concurrency, dict) and concurrency.get("queue") == "max"
    name = str(
        concurrency.get("group", "") if isinstance(concurrency, dict) else concurrency
    )
    return Group(_EXPRESSION.sub(lambda found: _value(found[1], github), name), queues)


def _value(expression: str, github: Mapping[str, str]) -> str:
    """The first term that is not empty."""
    value = ""
    for term in expression.split("||"):
        found = _TERM.fullmatch(term)
        if found is None or (found["name"] and found["name"] not in github):
            raise ValueError(expression.strip())
        value = value or found["text"] or github.get(found["name"] or "", "")
    return value


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
