"""REST: workflows, and switching them on and off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from generator.github.core.models import WorkflowState

if TYPE_CHECKING:
    from generator.github.core.clock import SteerableClock
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin

OTHER = ".github/workflows/other.yml"


def test_workflows_by_rest(begin: Begin) -> None:
    run = begin()
    begin(workflow_path=OTHER, workflow_name="Other")
    listed = run.rest("GET", "actions/workflows").json
    assert [workflow["name"] for workflow in listed["workflows"]] == [
        "Incremental training",
        "Other",
    ]
    by_file = run.rest("GET", "actions/workflows/other.yml").json
    assert by_file == run.rest("GET", f"actions/workflows/{by_file['id']}").json
    assert by_file["path"] == OTHER


def test_a_workflow_is_switched_off_and_on(
    local_github: LocalGitHub, clock: SteerableClock, begin: Begin
) -> None:
    run = begin()
    begin(workflow_path=OTHER, workflow_name="Other")

    def states() -> list[str]:
        return [
            workflow["state"]
            for workflow in run.rest("GET", "actions/workflows").json["workflows"]
        ]

    before = run.rest("GET", "actions/workflows/train.yml").json
    clock.advance(timedelta(days=1))
    switched_off = run.rest("PUT", "actions/workflows/train.yml/disable")
    assert (switched_off.status, switched_off.body) == (204, b"")
    assert states() == ["disabled_manually", "active"]
    changed = run.rest("GET", "actions/workflows/train.yml").json
    assert (changed["created_at"], changed["updated_at"] > before["updated_at"]) == (
        before["created_at"],
        True,
    )
    local_github.switch_workflow("train.yml", WorkflowState.DISABLED_INACTIVITY)
    assert states() == ["disabled_inactivity", "active"]
    # A new run, and a new name, leave it off.
    begin(workflow_name="Renamed")
    known = local_github.list_workflows()[0]
    assert (known.name, known.state) == ("Renamed", WorkflowState.DISABLED_INACTIVITY)
    for _ in range(2):
        assert run.rest("PUT", f"actions/workflows/{before['id']}/enable").status == 204
    assert states() == ["active", "active"]
    reader = begin(permissions={"actions": "read"})
    for verb in ("enable", "disable"):
        assert run.rest("PUT", f"actions/workflows/none.yml/{verb}").status == 404
        refused = reader.rest("PUT", f"actions/workflows/train.yml/{verb}")
        assert (refused.status, refused.json["message"]) == (
            403,
            "Resource not accessible by integration",
        )
    assert states() == ["active", "active"]


def test_a_workflow_is_known_before_its_first_run(
    local_github: LocalGitHub, begin: Begin
) -> None:
    local_github.register_workflow(OTHER, "Other")
    run = begin()
    assert run.rest("GET", "actions/workflows/other.yml").json["name"] == "Other"
    assert (
        run.rest("GET", "actions/workflows/other.yml/runs").json["workflow_runs"] == []
    )
    assert begin(workflow_path=OTHER, workflow_name="Renamed").ticket.run.number == 1
    assert [workflow.name for workflow in local_github.list_workflows()] == [
        "Renamed",
        "Incremental training",
    ]
