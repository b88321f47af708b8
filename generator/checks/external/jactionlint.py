"""jactionlint: expressions, inputs and outputs that cannot be what they are taken for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...findings import Finding, Severity
from .tool import Tool, ToolCall, make_failure, parse_json_list, read_number

NAME = "jactionlint"
# 0 nothing, or no errors among the findings; 1 findings; others: it broke.
_EXIT_CODES = frozenset({0, 1})
_WARNINGS = frozenset({"warning", "warn", "info"})


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings."""
    # A config file can turn checks on that ask the GitHub API; this wins over it.
    completed = call.run("--no-online", "--format=json", *map(str, files))
    if completed.exit_code not in _EXIT_CODES:
        raise make_failure(NAME, completed)
    for item in parse_json_list(NAME, completed):
        severity = Severity.BREAKS
        if (item.get("level") or item.get("severity")) in _WARNINGS:
            severity = Severity.FRAGILE
        yield Finding(
            Path(str(item.get("filepath"))),
            read_number(item.get("line")),
            read_number(item.get("column")),
            NAME,
            str(item.get("id") or item.get("kind")),
            severity,
            str(item.get("message")),
        )


TOOL = Tool(NAME, package="jactionlint", reports_syntax=True, check=check)
