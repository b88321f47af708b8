"""What loses state on GitHub in one workflow, for a run that shows nothing of it."""

from __future__ import annotations

from pathlib import Path

from ..findings import Finding, Severity
from .registry import RULES, run_rules
from .repository import Repository
from .rules.base import Stage

_STATE_RULES = tuple(rule for rule in RULES if rule.stage is Stage.STATE)


def find_state_faults(root: Path, path: Path) -> list[Finding]:
    """Return the findings of the rules about state that say that state is lost.

    `path` is the workflow, from the root. A run here may well be green: a cache that is
    never saved again, or a step that looks only in its own run, fail nothing.
    """
    subject = Repository(root).open_file(path)
    findings = run_rules(subject.document, _STATE_RULES, subject)
    return [one for one in findings if one.severity is Severity.LOSES_STATE]
