"""Things that go wrong on request: by rule, and a given number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: which requests it strikes and what then happens.

    `path` is a shell pattern over the path without the query; `method` "*" is any. The
    first `after` matching requests pass, then `times` are struck (None: all). `status`
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


@dataclass(slots=True)
class _Counted:
    fault: Fault
    seen: int = field(default=0)

    def strikes(self, method: str, path: str) -> bool:
        fault = self.fault
        if fault.method not in ("*", method) or not fnmatchcase(path, fault.path):
            return False
        self.seen += 1
        struck = self.seen - fault.after
        return struck > 0 and (fault.times is None or struck <= fault.times)


class FaultPlan:
    """The rules in force; the first one that strikes a request is the one it meets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Counted] = []

    def add(self, fault: Fault) -> None:
        """Put a rule in force, after those already there."""
        with self._lock:
            self._rules.append(_Counted(fault))

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._rules.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, which counts towards its `times`."""
        with self._lock:
            return next(
                (rule.fault for rule in self._rules if rule.strikes(method, path)), None
            )
