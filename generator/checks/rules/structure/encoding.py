"""The file is not UTF-8."""

from __future__ import annotations

from ....workflow.source import TOOL
from ..base import Rule, Stage, select_yaml_findings

RULE = Rule(
    id="encoding",
    family=TOOL,
    title="The file is UTF-8",
    docs="GitHub reads workflow files as UTF-8. Save the file in this encoding.",
    stage=Stage.TEXT,
    check=select_yaml_findings("encoding"),
)
