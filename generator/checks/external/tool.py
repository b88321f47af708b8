"""What another program is to `wfgen check`, and what reading its output has in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ...errors import ToolFailedError
from ...findings import Finding

if TYPE_CHECKING:
    # A render checks by our own rules alone, and starts no program.
    from ...process import Completed, Runner

TIMEOUT_SECONDS = 120.0
MAX_REASON = 300
_REASON = re.compile(r"\s*(fatal|error|panic)", re.IGNORECASE)
# An object of a tool's JSON; each value is looked at before it is used.
JsonObject: TypeAlias = dict[str, Any]


class ToolCall(NamedTuple):
    """How a program is started: where it is, the root that files count from, and by whom."""

    program: Path
    root: Path
    runner: Runner
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> Completed:
        """Run it at the root; raises ToolFailedError where it takes too long."""
        return self.runner.run(
            [str(self.program), *arguments],
            cwd=self.root,
            env=self.environment,
            timeout_seconds=TIMEOUT_SECONDS,
        )


class Tool(NamedTuple):
    """A program that checks workflow files.

    `package` is what brings it, on the Python package index. `check` yields its findings
    and raises ToolFailedError where it ended in a way that is not known: its silence
    must not be taken for "no findings". `reports_syntax` says whether it finds fault
    with files that are no workflows at all, or passes over them; `reads_actions`
    whether it looks at `action.yml`; `is_default` whether it looks where nobody asks;
    `is_optional` whether it does where it is installed, and nobody misses it elsewhere.
    """

    name: str
    package: str
    reports_syntax: bool
    check: Callable[[ToolCall, Sequence[Path]], Iterator[Finding]]
    reads_actions: bool = False
    is_default: bool = True
    is_optional: bool = False


def make_failure(tool: str, completed: Completed) -> ToolFailedError:
    """Return the error for a program that broke, with the line that says why."""
    output = f"{completed.stderr}\n{completed.stdout}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reason = "no output"
    if lines:
        reason = next((line for line in lines if _REASON.match(line)), lines[-1])
    return ToolFailedError(
        f"{tool} broke with exit code {completed.exit_code}: {reason[:MAX_REASON]}"
    )


def parse_json_list(tool: str, completed: Completed) -> list[JsonObject]:
    """Return the objects of the JSON array a tool printed; raises ToolFailedError."""
    try:
        items = json.loads(completed.stdout)
    except ValueError:
        raise make_failure(tool, completed) from None
    if not isinstance(items, list):
        raise make_failure(tool, completed)
    return [item for item in items if isinstance(item, dict)]


def read_number(value: object) -> int:
    """Return a line or a column, 0 for anything that is none."""
    if isinstance(value, int):
        return value
    return 0
