"""What is wrong in a file, as data.

Records are named tuples, for every render imports this: a dataclass with an order takes
ten times as long to define.
"""

# Without `from __future__ import annotations`: named tuples made of texts take three
# times as long to make.

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Severity(StrEnum):
    """What a finding means for whoever owns the workflow, worst first."""

    BREAKS = "breaks"  # GitHub refuses the file, or the step can never succeed
    LOSES_STATE = "loses-state"
    INSECURE = "insecure"
    FRAGILE = "fragile"
    STYLE = "style"
    INFORMATION = "information"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    @property
    def level(self) -> str:
        """Its level in SARIF: error, warning or note."""
        if self.rank <= Severity.INSECURE.rank:
            return "error"
        if self is Severity.FRAGILE:
            return "warning"
        return "note"


class Edit(NamedTuple):
    """Lines `first` to `last` of a file, from 1, are replaced by `lines`."""

    first: int
    last: int
    lines: tuple[str, ...]


class Finding(NamedTuple):
    """One fault at one place.

    `line` and `column` count from 1; 0 means that the tool named no place. `tool` is
    who found it, `rule` the tool's own name for the fault. `tools` are all who found
    it, where several did. `fix` mends it without changing anything else.
    """

    path: Path
    line: int
    column: int
    tool: str
    rule: str
    severity: Severity
    message: str
    hint: str = ""
    confidence: str = "high"
    tools: tuple[str, ...] = ()
    fix: Edit | None = None
