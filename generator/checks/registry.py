"""Every rule of ours and every program that checks workflows: a row each, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..findings import Finding
from ..workflow.source import YamlDocument
from .external import act, jactionlint, zizmor
from .external.tool import Tool
from .rules import duplicate_key, encoding, schema, syntax, too_large, unreadable
from .rules.base import Rule, Stage, Subject

RULES: tuple[Rule, ...] = (
    unreadable.RULE,
    encoding.RULE,
    too_large.RULE,
    syntax.RULE,
    duplicate_key.RULE,
    schema.RULE,
)
TOOLS: tuple[Tool, ...] = (act.TOOL, zizmor.TOOL, jactionlint.TOOL)


def run_rules(document: YamlDocument, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return the findings of our own rules in one file, stage after stage."""
    subject = Subject(document)
    findings = _run_stage(Stage.TEXT, rules, subject)
    if not document.is_readable:
        return findings
    findings += _run_stage(Stage.DATA, rules, subject)
    if not findings:
        findings += _run_stage(Stage.WORKFLOW, rules, subject)
    return findings


def list_families(rules: Iterable[Rule]) -> list[str]:
    """Return the families of rules, each once; reading a file is no check of its own."""
    families = []
    for rule in rules:
        if rule.stage is not Stage.TEXT and rule.family not in families:
            families.append(rule.family)
    return families


def _run_stage(stage: Stage, rules: Iterable[Rule], subject: Subject) -> list[Finding]:
    findings: list[Finding] = []
    for rule in rules:
        if rule.stage is stage:
            findings += rule.check(subject)
    return findings
