"""The file cannot be opened."""

from __future__ import annotations

from ....workflow.source import TOOL
from ..base import Rule, Stage, select_yaml_findings

RULE = Rule(
    id="unreadable",
    family=TOOL,
    title="The file can be read",
    docs=(
        "The system does not hand the file out: it is missing, a folder, or its rights do "
        "not let you read it."
    ),
    stage=Stage.TEXT,
    check=select_yaml_findings("unreadable"),
)
