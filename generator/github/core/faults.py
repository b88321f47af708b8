"""Faults: what is to go wrong, for which requests, and how often."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import NoneType
from typing import Any

# As long as a client may be kept waiting.
MAX_DELAY_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: which requests fail, and how.

    `path` is a shell pattern over the path without the query; `method` "*" is any. The
    first `after` matching requests pass, then `times` fail (None: all). `status`
    answers in place of the server; `delay_seconds` comes first; `cut` drops the
    connection without an answer; `truncate_after` sends that many bytes of the body and
    then drops it; `corrupt` flips one bit of the body; `retry_after` seconds go into
    the header of that name.
    """

    path: str
    method: str = "*"
    status: int | None = None
    message: str = ""
    times: int | None = None
    after: int = 0
    delay_seconds: float = 0.0
    cut: bool = False
    truncate_after: int | None = None
    corrupt: bool = False
    retry_after: int | None = None

    def __post_init__(self) -> None:
        """ValueError for what cannot be done to a response."""
        if self.status is not None and not 200 <= self.status <= 599:  # noqa: PLR2004 - HTTP's
            raise ValueError("the status of a fault is between 200 and 599")
        if not 0 <= self.delay_seconds <= MAX_DELAY_SECONDS:
            raise ValueError(f"a fault delays by 0 to {MAX_DELAY_SECONDS} seconds")
        for number in (self.times, self.after, self.truncate_after, self.retry_after):
            if number is not None and number < 0:
                raise ValueError("the numbers of a fault are not negative")

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about such a request."""
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def includes(self, number: int) -> bool:
        """Whether the rule lets the matching request of this number (from 1) fail."""
        if number <= self.after:
            return False
        return self.times is None or number <= self.after + self.times


_TYPES: Mapping[str, tuple[type, ...]] = {
    "path": (str,),
    "method": (str,),
    "status": (int, NoneType),
    "message": (str,),
    "times": (int, NoneType),
    "after": (int,),
    "delay_seconds": (int, float),
    "cut": (bool,),
    "truncate_after": (int, NoneType),
    "corrupt": (bool,),
    "retry_after": (int, NoneType),
}


def read_fault(fields: Mapping[str, Any]) -> Fault:
    """A rule from the JSON of a client; raises TypeError or ValueError.

    Nothing of another type may come in: every request would meet it from then on.
    """
    for name, value in fields.items():
        types = _TYPES.get(name)
        if types is None:
            raise ValueError(f"a fault has no {name}")
        # In Python, True is a number.
        if type(value) not in types:
            raise TypeError(f"{name} of a fault is of another type")
    return Fault(**fields)


@dataclass(slots=True)
class _CountedFault:
    fault: Fault
    matched: int = 0


class FaultPlan:
    """The rules in force; of those that let a request fail, the first one counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_CountedFault] = []

    def add(self, fault: Fault) -> None:
        """Put a rule in force, after those already there."""
        with self._lock:
            self._rules.append(_CountedFault(fault))

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._rules.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that a request is to have; the request counts towards `times`."""
        with self._lock:
            for rule in self._rules:
                if not rule.fault.matches(method, path):
                    continue
                rule.matched += 1
                if rule.fault.includes(rule.matched):
                    return rule.fault
            # Rules behind the one that is taken do not count the request.
            return None
