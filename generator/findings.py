"""What is wrong in a file, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How bad a finding is; every severity but NOTE makes `wfgen check` exit 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault at one place.

    `line` and `column` count from 1; 0 means that the tool named no place. `tool` is
    who found it, `rule` the tool's own name for the fault.
    """

    path: Path
    line: int
    column: int
    tool: str
    rule: str
    severity: Severity
    message: str
    hint: str = ""
