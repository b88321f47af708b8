"""Findings as text, as JSON, as SARIF or as annotations of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from .. import __version__
from ..findings import Finding
from .registry import RULES
from .rules.base import Rule
from .runner import CheckResult

# Where faults of the YAML itself go, whoever else looked.
_YAML = "yaml"


def render_report(result: CheckResult, report_format: str) -> str:
    """Return the report in one of FORMATS, without a line break at its end."""
    return FORMATS[report_format](result)


def format_finding(finding: Finding) -> str:
    """Return `path:line:column: severity [tool/rule] message`, which editors can jump to."""
    place = str(finding.path)
    if finding.line:
        place = f"{place}:{finding.line}:{finding.column}"
    rule = f"{finding.tool}/{finding.rule}"
    return f"{place}: {finding.severity} [{rule}] {finding.message}"


def format_count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`, `no findings`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {noun}s"


def describe_finding(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON has it."""
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


def render_text(result: CheckResult) -> str:
    """Return a line a finding, and one that counts them."""
    lines = [format_finding(finding) for finding in result.findings]
    files = format_count(len(result.files), "file")
    findings = format_count(len(result.findings), "finding")
    checkers = ", ".join(result.ran) or "no tool"
    lines.append(f"{files} checked by {checkers}: {findings}")
    return "\n".join(lines)


def render_json(result: CheckResult) -> str:
    """Return one document; `format` changes where a key would."""
    document = {
        "format": 1,
        "files": [path.as_posix() for path in result.files],
        "ran": list(result.ran),
        "missing": [tool.name for tool in result.missing],
        "broken": [error.message for error in result.broken],
        "findings": [describe_finding(finding) for finding in result.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_sarif(result: CheckResult) -> str:
    """Return SARIF 2.1.0, one run a tool (docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    runs = []
    # A viewer closes findings of a run that reports none: also tools without any have one.
    for tool in dict.fromkeys((_YAML, *result.ran)):
        findings = [finding for finding in result.findings if finding.tool == tool]
        driver = {
            "name": tool,
            "version": __version__,
            "rules": _list_sarif_rules(tool),
        }
        runs.append(
            {
                "tool": {"driver": driver},
                "results": [_describe_sarif_result(finding) for finding in findings],
            }
        )
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_annotations(result: CheckResult) -> str:
    """Return workflow commands (docs.github.com, "Workflow commands for GitHub Actions")."""
    return "\n".join(_format_annotation(finding) for finding in result.findings)


FORMATS: Mapping[str, Callable[[CheckResult], str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_annotations,
}


def _list_sarif_rules(family: str) -> list[dict[str, object]]:
    """Return what viewers show beside a finding of ours; other tools have pages of their own."""
    return [_describe_sarif_rule(rule) for rule in RULES if rule.family == family]


def _describe_sarif_rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.docs},
    }


def _describe_sarif_result(finding: Finding) -> dict[str, object]:
    # SARIF counts from 1 and has no 0 for "somewhere".
    region = {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)}
    location = {"artifactLocation": {"uri": finding.path.as_posix()}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": finding.severity.level,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }


def _format_annotation(finding: Finding) -> str:
    word = finding.severity.level
    if word == "note":
        word = "notice"
    properties = f"file={_escape_property(finding.path.as_posix())}"
    if finding.line:
        properties += f",line={finding.line},col={finding.column}"
    title = _escape_property(f"{finding.tool}/{finding.rule}")
    return f"::{word} {properties},title={title}::{_escape_message(finding.message)}"


def _escape_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
