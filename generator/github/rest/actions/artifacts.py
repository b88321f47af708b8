"""REST: artifacts [docs.github.com/rest/actions/artifacts]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Artifact
from ...storage.artifacts import ArtifactFilter
from ..calls import Call, JsonObject, Reply
from ..pagination import read_page, reply_page
from ..router import Endpoint, build_routes
from .runs import find_run

READ = "actions:read"
WRITE = "actions:write"


def serialize_artifact(
    context: AppContext, origin: str, artifact: Artifact
) -> JsonObject:
    """An artifact with the run it is from; one that has expired is still shown."""
    run = context.runs.get(artifact.run_id)
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
        "created_at": format_rfc3339(artifact.created_at),
        "updated_at": format_rfc3339(artifact.updated_at),
        "expires_at": format_rfc3339(artifact.expires_at),
        "workflow_run": {
            "id": run.id,
            "repository_id": context.runs.repository_id,
            "head_repository_id": run.head_repository_id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def list_artifacts(context: AppContext, call: Call) -> Reply:
    """Artifacts of the repository, forks' runs among them, or of one run; newest first."""
    run_id = None
    if "run_id" in call.path:
        run_id = find_run(context, call).id
    name = call.query.get("name") or None
    artifact_filter = ArtifactFilter(run_id=run_id, name=name)
    page = read_page(call)
    shown = context.artifacts.list_newest(artifact_filter, page.offset, page.size)
    total = context.artifacts.count_finished(artifact_filter)
    serialize = partial(serialize_artifact, context, call.origin)
    return reply_page(call, shown, total, serialize, "artifacts")


def get_artifact(context: AppContext, call: Call) -> Reply:
    """One artifact."""
    artifact = call.find(context.artifacts.get, "artifact_id")
    return Reply(body=serialize_artifact(context, call.origin, artifact))


def download_artifact(context: AppContext, call: Call) -> Reply:
    """Redirect to the bytes; 410 once the artifact has expired."""
    artifact = call.find(context.artifacts.get, "artifact_id")
    if call.path["format"] != "zip":
        raise call.not_found()
    if artifact.expired:
        raise call.refusal(410, "Artifact has expired")
    reader_id = call.grant.run_id or 0
    address = context.signed_address(
        call.origin, "artifacts", artifact.blob, "r", reader_id
    )
    return Reply(302, headers={"Location": address})


def delete_artifact(context: AppContext, call: Call) -> Reply:
    """Delete an artifact."""
    artifact = call.find(context.artifacts.get, "artifact_id")
    context.artifacts.delete(artifact.id)
    return Reply(204)


ROUTES = build_routes(
    "actions/artifacts",
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/artifacts",
        READ,
        list_artifacts,
        "list-workflow-run-artifacts",
    ),
    Endpoint(
        "GET",
        "~/actions/artifacts",
        READ,
        list_artifacts,
        "list-artifacts-for-a-repository",
    ),
    Endpoint(
        "GET",
        "~/actions/artifacts/{artifact_id}",
        READ,
        get_artifact,
        "get-an-artifact",
    ),
    Endpoint(
        "GET",
        "~/actions/artifacts/{artifact_id}/{format}",
        READ,
        download_artifact,
        "download-an-artifact",
    ),
    Endpoint(
        "DELETE",
        "~/actions/artifacts/{artifact_id}",
        WRITE,
        delete_artifact,
        "delete-an-artifact",
    ),
)
