"""Rendered workflows against our own rules, before the first is written."""

from __future__ import annotations

from pathlib import Path

from ..checks.registry import run_rules
from ..errors import WorkflowProblemError
from ..workflow.source import parse_yaml
from .render import Rendered


def validate_rendered(files: tuple[Rendered, ...]) -> tuple[Rendered, ...]:
    """Return the same files; raises WorkflowProblemError for one that GitHub would not take."""
    for file in files:
        if not file.path.endswith((".yml", ".yaml")):
            continue
        findings = run_rules(parse_yaml(file.text, Path(file.path)))
        if findings:
            from ..checks.reporters import format_finding  # noqa: PLC0415 - only for a fault

            listed = "\n".join(format_finding(finding) for finding in findings)
            raise WorkflowProblemError(
                f"nothing was written: the rendered workflow would not be valid\n{listed}",
                hint="look at the settings `steps`, `jobs` and your own templates",
            )
    return files
