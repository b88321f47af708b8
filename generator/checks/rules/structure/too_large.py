"""The file holds more than GitHub takes, or more than can be read in bounded time."""

from __future__ import annotations

from ....workflow.source import TOOL
from ..base import Rule, Stage, select_yaml_findings

RULE = Rule(
    id="too-large",
    family=TOOL,
    title="The file is no larger than a workflow can be",
    docs=(
        "GitHub takes workflow files of at most 500 kB. Few bytes can also stand for much: "
        "aliases multiply, and a file of one-letter items has more nodes than any workflow. "
        "Move long scripts into files of their own."
    ),
    stage=Stage.TEXT,
    check=select_yaml_findings("too-large"),
)
