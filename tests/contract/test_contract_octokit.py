"""@octokit/rest, unmodified."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from generator.github.core.models import Step

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin
    from tests.contract.programs import Node

REPO = {"owner": "local", "repo": "repository"}
pytestmark = pytest.mark.timeout(280)


def call(do: str, *, paginate: bool = False, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"do": f"rest.{do}", "args": [{**REPO, **fields}], "paginate": paginate}


def test_actions(local_github: LocalGitHub, begin: Begin, node: Node) -> None:
    run, reader = begin(), begin()
    for number in range(5):
        run.upload(f"a{number}", b"x" * number)
    run.save_cache("deps", b"cached")
    job = local_github.record_job(
        run.run_id, "train", "success", [Step("Train", "success", 1.0)]
    )
    artifact_id = local_github.list_artifacts()[4].id
    results = node.drive(
        reader,
        "octokit",
        [
            call("actions.listArtifactsForRepo", per_page=2, paginate=True),
            call("actions.listWorkflowRunArtifacts", run_id=run.run_id, name="a1"),
            call("actions.getArtifact", artifact_id=artifact_id),
            call(
                "actions.downloadArtifact",
                artifact_id=artifact_id,
                archive_format="zip",
            ),
            call("actions.deleteArtifact", artifact_id=artifact_id),
            call("actions.getArtifact", artifact_id=artifact_id),
            call(
                "actions.listWorkflowRuns",
                workflow_id="train.yml",
                status="in_progress",
            ),
            call("actions.getWorkflowRun", run_id=run.run_id),
            call("actions.getJobForWorkflowRun", job_id=job.id),
            call("actions.listRepoWorkflows"),
            call("actions.getActionsCacheList"),
            call("actions.deleteActionsCacheByKey", key="deps"),
            {"do": "rest.rateLimit.get", "args": []},
        ],
    )
    values: list[Any] = [result.get("value") for result in results]
    assert [artifact["name"] for artifact in values[0]] == [
        "a4",
        "a3",
        "a2",
        "a1",
        "a0",
    ]
    assert values[1]["data"]["total_count"] == 1
    assert values[2]["data"]["size_in_bytes"] == 4
    assert base64.b64decode(values[3]["data"]) == b"xxxx"
    assert values[4]["status"] == 204
    assert results[5]["status"] == 404
    assert {one["id"] for one in values[6]["data"]["workflow_runs"]} == {
        run.run_id,
        reader.run_id,
    }
    assert values[7]["data"]["repository"]["full_name"] == "local/repository"
    assert values[8]["data"]["steps"][0]["name"] == "Train"
    assert values[9]["data"]["workflows"][0]["path"] == ".github/workflows/train.yml"
    assert values[10]["data"]["actions_caches"][0]["key"] == "deps"
    assert values[11]["data"]["total_count"] == 1
    assert values[12]["data"]["rate"]["limit"] == 1000


def test_switching_workflows(begin: Begin, node: Node) -> None:
    train: dict[str, Any] = {"workflow_id": "train.yml"}
    results = node.drive(
        begin(),
        "octokit",
        [
            call("actions.disableWorkflow", **train),
            call("actions.getWorkflow", **train),
            call("actions.enableWorkflow", **train),
            call("actions.getWorkflow", **train),
            call("actions.enableWorkflow", workflow_id="none.yml"),
        ],
    )
    assert [result.get("value", result)["status"] for result in results] == [
        204,
        200,
        204,
        200,
        404,
    ]
    assert [results[place]["value"]["data"]["state"] for place in (1, 3)] == [
        "disabled_manually",
        "active",
    ]
    refused = node.drive(
        begin(permissions={"actions": "read"}),
        "octokit",
        [call("actions.enableWorkflow", **train)],
    )
    assert refused[0]["status"] == 403


def test_what_state_and_notifications_need(begin: Begin, node: Node) -> None:
    run = begin()
    # Octokit sends assets to uploads.github.com unless it is told another base.
    asset: dict[str, Any] = {
        "release_id": 1,
        "name": "model.pkl",
        "data": "weights",
        "baseUrl": run.local_github.url,
    }
    content: dict[str, Any] = {"path": "state.json", "branch": "state", "message": "m"}
    results = node.drive(
        run,
        "octokit",
        [
            call(
                "issues.create",
                title="Training failed",
                body="run 7",
                labels=["training"],
            ),
            call("issues.listForRepo", labels="training", state="open"),
            call("issues.createComment", issue_number=1, body="again"),
            call("issues.update", issue_number=1, state="closed"),
            call("repos.createRelease", tag_name="state"),
            call("repos.uploadReleaseAsset", **asset),
            call("repos.listReleaseAssets", release_id=1),
            call("repos.getReleaseByTag", tag="state"),
            call("repos.createOrUpdateFileContents", content="e30=", **content),
            call("repos.getContent", path="state.json", ref="state"),
            call("repos.get"),
            call("repos.listBranches"),
        ],
    )
    values = [result["value"]["data"] for result in results]
    assert values[1][0]["title"] == "Training failed"
    assert values[3]["state"] == "closed"
    assert [asset["name"] for asset in values[6]] == ["model.pkl"]
    assert values[7]["assets"][0]["size"] == 7
    assert values[9]["content"].strip() == "e30="
    assert values[10]["default_branch"] == "main"
    assert values[11][0]["name"] == "state"


def test_refusals_reach_the_program_as_githubs(begin: Begin, node: Node) -> None:
    run = begin(permissions={"contents": "read"})
    refused = node.drive(
        run,
        "octokit",
        [call("actions.listArtifactsForRepo"), call("issues.create", title="x")],
    )
    assert [one["status"] for one in refused] == [403, 403]
    assert refused[0]["body"]["message"] == "Resource not accessible by integration"
    unknown = node.drive(
        run, "octokit", [call("repos.get")], GITHUB_TOKEN="ghs_unknown"
    )
    assert (unknown[0]["status"], unknown[0]["body"]["message"]) == (
        401,
        "Bad credentials",
    )
