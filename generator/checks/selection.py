"""What of the findings is reported: by comments, by a baseline, by the words of a command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import SettingsError
from ..findings import Severity
from .merging.suppression import apply_baseline, apply_comments
from .merging.verdict import select_findings
from .registry import RULES, TOOLS
from .runner import CheckResult


@dataclass(frozen=True, slots=True)
class Selection:
    """Names of rules, tools or severities to keep (all where empty) and to leave out."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None


def choose_findings(result: CheckResult, selection: Selection) -> CheckResult:
    """Return a result with what is to be reported.

    Raises SettingsError for a name that nothing is called, and a baseline that is none.
    """
    _check_names(result, (*selection.select, *selection.ignore))
    findings = apply_comments(result.findings, result.texts)
    if selection.baseline is not None:
        findings = apply_baseline(selection.baseline, findings, result.texts)
    findings = select_findings(findings, selection.select, selection.ignore)
    return replace(result, findings=tuple(findings))


def _check_names(result: CheckResult, names: tuple[str, ...]) -> None:
    """A mistyped name would report everything, or nothing."""
    known = {rule.id for rule in RULES} | {rule.family for rule in RULES}
    known |= {tool.name for tool in TOOLS} | {str(severity) for severity in Severity}
    known |= {finding.rule for finding in result.findings}
    for name in names:
        # Rules of other tools are known by what they found alone.
        if name not in known and "-" not in name:
            raise SettingsError(
                f"no rule, tool or severity is called {name}",
                hint="`wfgen rules` lists them",
            )
