"""Fixes: lines of a file that are replaced, shown as a diff or written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..findings import Edit, Finding
from .runner import CheckResult


def describe_fixes(result: CheckResult) -> str:
    """Return what `--fix` would change, as a unified diff; "" for nothing."""
    parts = []
    for path, text in result.texts.items():
        mended = mend_text(text, _list_edits(result, path))
        lines = difflib.unified_diff(
            _split(text),
            _split(mended),
            f"a/{path.as_posix()}",
            f"b/{path.as_posix()}",
        )
        parts.append("".join(lines))
    return "".join(parts)


def apply_fixes(result: CheckResult, root: Path) -> CheckResult:
    """Write what can be mended, and return the findings that are left."""
    left = list(result.findings)
    for path, text in result.texts.items():
        edits = _list_edits(result, path)
        mended = mend_text(text, edits)
        if mended == text:
            continue
        # A file written aside and moved would change its rights and links.
        (root / path).write_text(mended, encoding="utf-8", newline="")
        left = [
            item for item in left if item.path != path or not _is_mended(item, edits)
        ]
    return replace(result, findings=tuple(left))


def _split(text: str) -> list[str]:
    """Return the lines as a terminal shows them, whatever they end with."""
    return [f"{line.rstrip(chr(13))}\n" for line in text.rstrip("\n").split("\n")]


def mend_text(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits applied, from its end so that lines keep their numbers."""
    lines = text.split("\n")
    for edit in sorted(edits, reverse=True):
        ending = "\r" if lines[edit.first - 1].endswith("\r") else ""
        new = [f"{line.rstrip(chr(13))}{ending}" for line in edit.lines]
        lines[edit.first - 1 : edit.last] = new
    return "\n".join(lines)


def _list_edits(result: CheckResult, path: Path) -> list[Edit]:
    """Return the fixes of a file, of several at one line the first."""
    chosen: dict[int, Edit] = {}
    for finding in result.findings:
        if finding.path == path and finding.fix is not None:
            chosen.setdefault(finding.fix.first, finding.fix)
    return list(chosen.values())


def _is_mended(finding: Finding, edits: list[Edit]) -> bool:
    return finding.fix is not None and finding.fix in edits
