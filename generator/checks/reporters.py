"""Findings as text, JSON, SARIF, annotations of GitHub Actions or a job's summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ..findings import Finding
from .runner import CheckResult
from .sarif_report import render_sarif
from .text_report import (
    ReportOptions,
    count_findings,
    format_finding,
    format_name,
    list_shown,
    render_text,
)

__all__ = ["FORMATS", "ReportOptions", "format_finding", "render_report"]
_NO_OPTIONS = ReportOptions()


def render_report(
    result: CheckResult, report_format: str, options: ReportOptions = _NO_OPTIONS
) -> str:
    """Return the report in one of FORMATS, without a line break at its end."""
    return FORMATS[report_format](result, options)


def describe_finding(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON has it."""
    return {
        "path": finding.path.as_posix(),
        "line": finding.line,
        "column": finding.column,
        "tool": finding.tool,
        "tools": list(finding.tools or (finding.tool,)),
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": finding.confidence,
        "message": finding.message,
        "hint": finding.hint,
        "fixable": finding.fix is not None,
    }


def render_json(result: CheckResult, options: ReportOptions) -> str:
    """Return one document; `format` changes where a key would.

    Findings that are not shown are counted in `hidden`, by severity.
    """
    shown = list_shown(result, options)
    hidden: dict[str, int] = {}
    for finding in result.findings:
        if finding not in shown:
            kind = str(finding.severity)
            hidden[kind] = hidden.get(kind, 0) + 1
    document = {
        "format": 1,
        "files": [path.as_posix() for path in result.files],
        "ran": list(result.ran),
        "missing": [tool.name for tool in result.missing],
        "broken": [error.message for error in result.broken],
        "hidden": hidden,
        "findings": [describe_finding(finding) for finding in shown],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_annotations(result: CheckResult, options: ReportOptions) -> str:
    """Return workflow commands (docs.github.com, "Workflow commands for GitHub Actions")."""
    shown = list_shown(result, options)
    return "\n".join(_format_annotation(finding) for finding in shown)


def render_summary(result: CheckResult, options: ReportOptions) -> str:
    """Return Markdown for `$GITHUB_STEP_SUMMARY`: a table, and the line that counts."""
    lines = ["### wfgen check", ""]
    shown = list_shown(result, options)
    if shown:
        lines += ["| place | severity | rule | what |", "| --- | --- | --- | --- |"]
    for finding in shown:
        place = f"{finding.path.as_posix()}:{finding.line}"
        cells = (place, str(finding.severity), format_name(finding), finding.message)
        lines.append(f"| {' | '.join(map(_escape_cell, cells))} |")
    lines += ["", count_findings(result, options)]
    return "\n".join(lines)


FORMATS: Mapping[str, Callable[[CheckResult, ReportOptions], str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_annotations,
    "summary": render_summary,
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


def _escape_cell(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return escaped.replace("\n", " ")


def _escape_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
