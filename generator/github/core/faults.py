"""Faults: what is to go wrong, for which requests, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase


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

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about such a request."""
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def includes(self, number: int) -> bool:
        """Whether the rule lets the matching request of this number (from 1) fail."""
        if number <= self.after:
            return False
        return self.times is None or number <= self.after + self.times


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
