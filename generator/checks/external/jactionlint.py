"""jactionlint: expressions, inputs and outputs that cannot be what they are taken for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...findings import Finding
from .meanings import judge_other
from .tool import Tool, ToolCall, make_failure, parse_json_list, read_number

NAME = "jactionlint"
# 0 nothing, or no errors among the findings; 1 findings; others: it broke.
_EXIT_CODES = frozenset({0, 1})


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings."""
    # A config file can turn checks on that ask the GitHub API; this wins over it.
    completed = call.run("--no-online", "--format=json", *map(str, files))
    if completed.exit_code not in _EXIT_CODES:
        raise make_failure(NAME, completed)
    for item in parse_json_list(NAME, completed):
        rule = str(item.get("id") or item.get("kind"))
        yield Finding(
            Path(str(item.get("filepath"))),
            read_number(item.get("line")),
            read_number(item.get("column")),
            NAME,
            rule,
            # It has no word for how sure it is: what it alone calls insecure is fragile.
            judge_other(rule, is_certain=False),
            str(item.get("message")),
        )


TOOL = Tool(NAME, package="jactionlint", reports_syntax=True, check=check)
