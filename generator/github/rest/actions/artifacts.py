"""REST: artifacts [docs.github.com/rest/actions/artifacts]."""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import rfc3339
from ...core.errors import ApiProblem, not_found
from ...core.models import Artifact, Run
from ...services.artifacts import read_address
from ..router import Call, Reply, listing, table, window
from .runs import known_run


def artifact_body(
    context: AppContext, artifact: Artifact, run: Run, origin: str
) -> dict[str, object]:
    """An artifact as REST shows it; one that has expired is still listed."""
    url = f"{origin}/repos/{context.repository}/actions/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "node_id": f"A_{artifact.id}",
        "name": artifact.name,
        "size_in_bytes": artifact.size_bytes,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "digest": artifact.digest,
        "created_at": rfc3339(artifact.created_at),
        "updated_at": rfc3339(artifact.updated_at),
        "expires_at": rfc3339(artifact.expires_at),
        "workflow_run": {
            "id": run.id,
            "repository_id": context.runs.repository_id,
            "head_repository_id": run.head_repository_id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def _known_artifact(context: AppContext, call: Call) -> Artifact:
    try:
        return context.artifacts.get(call.number("artifact_id"))
    except KeyError:
        raise not_found(call.docs) from None


def list_artifacts(context: AppContext, call: Call) -> Reply:
    """Artifacts of the repository, forks' runs among them, or of one run; newest first."""
    where = "1"
    parameters: list[object] = []
    if "run_id" in call.path:
        where, parameters = "run_id = ?", [known_run(context, call).id]
    if name := call.query.get("name"):
        where, parameters = f"{where} AND name = ?", [*parameters, name]
    found = context.artifacts.newest(where, parameters, *window(call))
    bodies = [
        artifact_body(context, artifact, context.runs.get(artifact.run_id), call.origin)
        for artifact in found
    ]
    return listing(
        call, bodies, context.artifacts.count(where, parameters), "artifacts"
    )


def get_artifact(context: AppContext, call: Call) -> Reply:
    """One artifact."""
    artifact = _known_artifact(context, call)
    return Reply(
        body=artifact_body(
            context, artifact, context.runs.get(artifact.run_id), call.origin
        )
    )


def download_artifact(context: AppContext, call: Call) -> Reply:
    """Redirect to the bytes; 410 once the artifact has expired."""
    artifact = _known_artifact(context, call)
    if call.path["format"] != "zip":
        raise not_found(call.docs)
    if artifact.expired:
        raise ApiProblem(410, "Artifact has expired", docs=call.docs)
    return Reply(
        302,
        headers={
            "Location": read_address(
                context, call.origin, artifact, call.grant.run_id or 0
            )
        },
    )


def delete_artifact(context: AppContext, call: Call) -> Reply:
    """Delete an artifact."""
    context.artifacts.delete(_known_artifact(context, call).id)
    return Reply(204)


ROUTES = table(
    "actions/artifacts",
    {
        "GET ~/actions/runs/{run_id}/artifacts": (
            list_artifacts,
            "actions:read",
            "list-workflow-run-artifacts",
        ),
        "GET ~/actions/artifacts": (
            list_artifacts,
            "actions:read",
            "list-artifacts-for-a-repository",
        ),
        "GET ~/actions/artifacts/{artifact_id}": (
            get_artifact,
            "actions:read",
            "get-an-artifact",
        ),
        "GET ~/actions/artifacts/{artifact_id}/{format}": (
            download_artifact,
            "actions:read",
            "download-an-artifact",
        ),
        "DELETE ~/actions/artifacts/{artifact_id}": (
            delete_artifact,
            "actions:write",
            "delete-an-artifact",
        ),
    },
)
