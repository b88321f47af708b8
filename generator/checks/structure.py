"""Whether a file is text, YAML and a workflow: all that `wfgen render` asks of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..findings import Finding
from ..workflow.source import YamlDocument
from .rules.base import Rule, Stage, Subject
from .rules.structure import (
    duplicate_key,
    encoding,
    schema,
    syntax,
    too_large,
    unreadable,
)

STRUCTURE_RULES: tuple[Rule, ...] = (
    unreadable.RULE,
    encoding.RULE,
    too_large.RULE,
    syntax.RULE,
    duplicate_key.RULE,
    schema.RULE,
)
# Findings of these keep GitHub from starting a file.
STRUCTURE_FAMILIES = frozenset(rule.family for rule in STRUCTURE_RULES)
_HEADER = "# Written by wfgen "


def check_structure(document: YamlDocument) -> list[Finding]:
    """Return what keeps GitHub from starting a workflow."""
    return run_stages(Subject(document), STRUCTURE_RULES)


def run_stages(subject: Subject, rules: Sequence[Rule]) -> list[Finding]:
    """Run the rules about text, data and workflow; a stage needs the one before."""
    findings = _run_stage(Stage.TEXT, rules, subject)
    if not subject.document.is_readable:
        return findings
    findings += _run_stage(Stage.DATA, rules, subject)
    if not findings:
        findings += _run_stage(Stage.WORKFLOW, rules, subject)
    return findings


def is_rendered(document: YamlDocument) -> bool:
    """Whether `wfgen render` wrote a file: its header says so."""
    return document.text.startswith(_HEADER)


def _run_stage(stage: Stage, rules: Iterable[Rule], subject: Subject) -> list[Finding]:
    findings: list[Finding] = []
    for rule in rules:
        if rule.stage is stage:
            findings += rule.check(subject)
    return findings
