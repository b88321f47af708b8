"""Whether an event on a branch starts a workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import WorkflowProblemError
from generator.workflow.parser import parse_workflow
from generator.workflow.source import parse_yaml
from generator.workflow.triggers import check_event, match_branch


@pytest.mark.parametrize(
    ("branch", "patterns", "expected"),
    [
        ("main", ["main"], True),
        ("main", ["master"], False),
        ("feature/x", ["feature/*"], True),
        ("feature/x/y", ["feature/*"], False),
        ("feature/x/y", ["feature/**"], True),
        ("release-old", ["release*", "!release-old"], False),
        ("a+b", ["a+b"], True),
    ],
)
def test_branch_filters(branch: str, patterns: list[str], expected: bool) -> None:
    assert match_branch(branch, patterns) is expected


def test_events_that_would_start_nothing_are_told() -> None:
    text = "on: {push: {branches-ignore: [wip]}}\njobs: {a: {}}"
    workflow = parse_workflow(parse_yaml(text, Path("w.yml")))
    check_event(workflow, "push", "main")
    with pytest.raises(WorkflowProblemError, match="on branch wip"):
        check_event(workflow, "push", "wip")
    with pytest.raises(WorkflowProblemError, match="is not triggered by schedule"):
        check_event(workflow, "schedule", "main")
