"""A key stands twice in one mapping."""

from __future__ import annotations

from ....workflow.source import TOOL
from ..base import Rule, Stage, select_yaml_findings

RULE = Rule(
    id="duplicate-key",
    family=TOOL,
    title="No key stands twice in a mapping",
    docs=(
        "GitHub refuses a workflow with a key that stands twice; most readers of YAML keep "
        "the last value and lose the others without a word. Remove or rename one of them."
    ),
    stage=Stage.TEXT,
    check=select_yaml_findings("duplicate-key"),
)
