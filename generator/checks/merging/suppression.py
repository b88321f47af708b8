"""What is not to be reported: `# wfgen: ignore[rule] reason` in a file, and a baseline."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from ...errors import SettingsError
from ...findings import Finding, Severity

RULE = "ignore-without-reason"
_COMMENT = re.compile(r"#\s*wfgen:\s*ignore\[(?P<rules>[^\]]*)\](?P<reason>.*)$")
_FORMAT = 1


def apply_comments(
    findings: Iterable[Finding], texts: Mapping[Path, str]
) -> list[Finding]:
    """Leave out what a comment on the line, or alone on the line above, names with a reason.

    A comment without a reason leaves nothing out and is a finding itself.
    """
    ignored: dict[tuple[Path, int], set[str]] = {}
    kept: list[Finding] = []
    for path, text in texts.items():
        if "wfgen:" not in text:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            match = _COMMENT.search(line)
            if match is None:
                continue
            if not match["reason"].strip():
                kept.append(_make_finding(path, number, match.start() + 1))
                continue
            place = number
            if line.lstrip().startswith("#"):
                place = number + 1
            names = {name.strip() for name in match["rules"].split(",")}
            ignored.setdefault((path, place), set()).update(names)
    for finding in findings:
        names = ignored.get((finding.path, finding.line), set())
        if finding.rule not in names:
            kept.append(finding)
    return kept


def write_baseline(
    path: Path, findings: Iterable[Finding], texts: Mapping[Path, str]
) -> None:
    """Write down what is there today, so that only what is new is reported."""
    marks = sorted(_mark_all(findings, texts))
    document = {"format": _FORMAT, "findings": marks}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def apply_baseline(
    path: Path, findings: Iterable[Finding], texts: Mapping[Path, str]
) -> list[Finding]:
    """Leave out what a baseline knows; raises SettingsError for a file that is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        known = Counter(map(str, document["findings"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} is no baseline: {error}",
            hint="`wfgen check --write-baseline FILE` writes one",
        ) from error
    kept = []
    listed = list(findings)
    for finding, mark in zip(listed, _mark_all(listed, texts), strict=True):
        if known[mark] > 0:
            known[mark] -= 1
        else:
            kept.append(finding)
    return kept


def _mark_all(findings: Iterable[Finding], texts: Mapping[Path, str]) -> list[str]:
    return [_mark(finding, texts.get(finding.path, "")) for finding in findings]


def _mark(finding: Finding, text: str) -> str:
    """Return what stays the same of a finding while lines above it come and go."""
    lines = text.split("\n")
    line = ""
    if 0 < finding.line <= len(lines):
        line = lines[finding.line - 1].strip()
    digest = sha256(line.encode("utf-8", errors="replace")).hexdigest()[:12]
    return f"{finding.path.as_posix()} {finding.rule} {digest}"


def _make_finding(path: Path, line: int, column: int) -> Finding:
    return Finding(
        path,
        line,
        column,
        "state",
        RULE,
        Severity.STYLE,
        "this comment says no reason, and so ignores nothing",
        "# wfgen: ignore[rule] why it is right here",
    )
