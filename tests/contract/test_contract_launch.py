"""Starting, repeating and stopping runs by gh and @octokit/rest, unmodified.

Who runs them is played here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from generator.github.core.models import Run, Workflow
from generator.github.launcher import RefusedError

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin
    from tests.contract.programs import Gh, Node

REPO = {"owner": "local", "repo": "repository"}


@dataclass
class Played:
    """Notes what it is asked for, and runs nothing."""

    asked: list[tuple[object, ...]] = field(default_factory=list)

    def dispatch(
        self, workflow: Workflow, branch: str, inputs: Mapping[str, str]
    ) -> None:
        if branch == "none":
            raise RefusedError("No ref found for: none")
        self.asked.append(("dispatch", workflow.path, branch, dict(inputs)))

    def rerun(self, run: Run) -> None:
        self.asked.append(("rerun", run.id))

    def cancel(self, run: Run) -> None:
        self.asked.append(("cancel", run.id))


@pytest.fixture
def played(local_github: LocalGitHub) -> Played:
    launcher = Played()
    local_github.set_launcher(launcher)
    return launcher


def test_gh_starts_repeats_and_stops_runs(
    local_github: LocalGitHub, begin: Begin, gh: Gh, played: Played
) -> None:
    finished, going = begin(), begin()
    local_github.finish_run(finished.run_id, "failure")
    gh("workflow", "run", "train.yml", "--ref", "main", "-f", "iterations=4")
    gh("run", "rerun", str(finished.run_id))
    gh("run", "cancel", str(going.run_id))
    assert played.asked == [
        ("dispatch", ".github/workflows/train.yml", "main", {"iterations": "4"}),
        ("rerun", finished.run_id),
        ("cancel", going.run_id),
    ]
    for arguments, message in (
        (("workflow", "run", "train.yml", "--ref", "none"), "No ref found for: none"),
        (
            ("run", "cancel", str(finished.run_id)),
            "Cannot cancel a workflow run that is completed",
        ),
    ):
        refused = gh.run(*arguments)
        assert (refused.returncode, message in refused.stderr) == (1, True), (
            refused.stderr
        )
    assert len(played.asked) == 3


def test_octokit_starts_repeats_and_stops_runs(
    local_github: LocalGitHub, begin: Begin, node: Node, played: Played
) -> None:
    finished, going, reader = begin(), begin(), begin(permissions={"actions": "read"})
    local_github.finish_run(finished.run_id, "success")
    inputs = {"deep": True, "n": 3, "none": None, "text": "x"}
    asking: list[dict[str, Any]] = [
        {"do": f"rest.actions.{do}", "args": [{**REPO, **fields}], "paginate": False}
        for do, fields in (
            (
                "createWorkflowDispatch",
                {
                    "workflow_id": "train.yml",
                    "ref": "refs/heads/main",
                    "inputs": inputs,
                },
            ),
            ("reRunWorkflow", {"run_id": finished.run_id}),
            ("cancelWorkflowRun", {"run_id": going.run_id}),
        )
    ]
    assert [one["status"] for one in node.drive(reader, "octokit", asking)] == [
        403,
        403,
        403,
    ]
    results = node.drive(going, "octokit", asking)
    assert [one["value"]["status"] for one in results] == [204, 201, 202]
    assert played.asked[0] == (
        *("dispatch", ".github/workflows/train.yml", "main"),
        {"deep": "true", "n": "3", "none": "", "text": "x"},
    )
    assert played.asked[1:] == [("rerun", finished.run_id), ("cancel", going.run_id)]
