"""Findings as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), one run a tool."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .. import __version__
from ..findings import Finding
from .registry import RULES
from .rules.base import Rule
from .runner import CheckResult
from .text_report import ReportOptions, list_shown

# Where faults of the YAML itself go, whoever else looked.
_YAML = "yaml"


def render_sarif(result: CheckResult, options: ReportOptions) -> str:
    """Return one document; each rule that found something stands among its tool's rules."""
    runs = []
    shown = list_shown(result, options)
    families = {finding.tool for finding in shown}
    # A viewer closes findings of a run that reports none: also tools without any have one.
    for tool in dict.fromkeys((_YAML, *result.ran, *sorted(families))):
        findings = [finding for finding in shown if finding.tool == tool]
        rules = _list_rules(tool, findings)
        driver = {"name": tool, "version": __version__, "rules": rules}
        ids = [str(rule["id"]) for rule in rules]
        results = [_describe_result(finding, ids) for finding in findings]
        runs.append({"tool": {"driver": driver}, "results": results})
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _list_rules(family: str, findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Return what viewers show beside a finding; other tools have pages of their own."""
    rules = [_describe_rule(rule) for rule in RULES if rule.family == family]
    known = {rule["id"] for rule in rules}
    for finding in findings:
        if finding.rule not in known:
            known.add(finding.rule)
            level = {"level": finding.severity.level}
            rules.append({"id": finding.rule, "defaultConfiguration": level})
    return rules


def _describe_rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.docs},
        "help": {"text": rule.docs},
        "defaultConfiguration": {"level": rule.severity.level},
        "properties": {"tags": [rule.family, str(rule.severity)]},
    }


def _describe_result(finding: Finding, ids: list[str]) -> dict[str, object]:
    # SARIF counts from 1 and has no 0 for "somewhere".
    region = {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)}
    location = {"artifactLocation": {"uri": finding.path.as_posix()}, "region": region}
    message = finding.message
    if finding.hint:
        message = f"{message}\n{finding.hint}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": finding.severity.level,
        "message": {"text": message},
        "locations": [{"physicalLocation": location}],
        "properties": {
            "severity": str(finding.severity),
            "confidence": finding.confidence,
            "tools": list(finding.tools or (finding.tool,)),
        },
    }
