"""The text is not YAML."""

from __future__ import annotations

from ....workflow.source import TOOL
from ..base import Rule, Stage, select_yaml_findings

RULE = Rule(
    id="syntax",
    family=TOOL,
    title="The text is YAML",
    docs=(
        "GitHub does not start a workflow that it cannot parse, and says so only on the "
        "Actions page. Tabs in the indentation are the most frequent cause."
    ),
    stage=Stage.TEXT,
    check=select_yaml_findings("syntax"),
)
