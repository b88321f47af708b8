"""Findings -> text, JSON, SARIF or annotations of GitHub Actions."""

from __future__ import annotations

import json

from .. import __version__
from ..findings import Finding, Severity
from .runner import Checked

FORMATS = ("text", "json", "sarif", "github")
_SARIF_LEVEL = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def render(checked: Checked, form: str) -> str:
    """The report in one of FORMATS, without a line break at its end."""
    makers = {"text": _text, "json": _json, "sarif": _sarif, "github": _github}
    return makers[form](checked)


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`, `no findings`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def one_line(finding: Finding) -> str:
    """`path:line:column: tool/rule message`, which editors can jump to."""
    place = (
        f"{finding.path}:{finding.line}:{finding.column}"
        if finding.line
        else str(finding.path)
    )
    return (
        f"{place}: {finding.severity} [{finding.tool}/{finding.rule}] {finding.message}"
    )


def _text(checked: Checked) -> str:
    lines = [one_line(finding) for finding in checked.findings]
    lines.append(
        f"{counted(len(checked.files), 'file')} checked by {', '.join(checked.ran)}: "
        f"{counted(len(checked.findings), 'finding')}"
    )
    return "\n".join(lines)


def as_dict(finding: Finding) -> dict[str, object]:
    """A finding as JSON has it."""
    return {
        "path": finding.path.as_posix(),
        "line": finding.line,
        "column": finding.column,
        "tool": finding.tool,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
    }


def _json(checked: Checked) -> str:
    return json.dumps(
        {
            "format": 1,
            "files": [path.as_posix() for path in checked.files],
            "ran": list(checked.ran),
            "missing": [tool.name for tool in checked.missing],
            "broken": [error.message for error in checked.broken],
            "findings": [as_dict(finding) for finding in checked.findings],
        },
        indent=2,
        ensure_ascii=False,
    )


def _sarif(checked: Checked) -> str:
    """SARIF 2.1.0, one run a tool (docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    runs = [
        {
            "tool": {"driver": {"name": tool, "version": __version__, "rules": []}},
            "results": [
                _sarif_result(finding)
                for finding in checked.findings
                if finding.tool == tool
            ],
        }
        for tool in dict.fromkeys(("yaml", *checked.ran))
    ]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps(
        {"$schema": schema, "version": "2.1.0", "runs": runs},
        indent=2,
        ensure_ascii=False,
    )


def _sarif_result(finding: Finding) -> dict[str, object]:
    region = {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)}
    location = {"artifactLocation": {"uri": finding.path.as_posix()}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }


def _github(checked: Checked) -> str:
    """Workflow commands (docs.github.com, "Workflow commands for GitHub Actions")."""
    return "\n".join(_annotation(finding) for finding in checked.findings)


def _annotation(finding: Finding) -> str:
    word = "notice" if finding.severity is Severity.NOTE else str(finding.severity)
    place = f",line={finding.line},col={finding.column}" if finding.line else ""
    title = _property(f"{finding.tool}/{finding.rule}")
    return f"::{word} file={_property(finding.path.as_posix())}{place},title={title}::{_escaped(finding.message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
