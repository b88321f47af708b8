"""REST: workflow runs and artifacts [docs.github.com/rest/actions]."""

from __future__ import annotations

from generator.github.artifact_service import read_address
from generator.github.clock import rfc3339
from generator.github.problems import ApiProblem, not_found
from generator.github.records import Artifact, Run
from generator.github.rest import Call, Reply, Route, paged, route
from generator.github.site import Site


def repository_stub(site: Site, full_name: str, repository_id: int, origin: str) -> dict[str, object]:
    """The minimal repository object that runs carry."""
    owner, _, name = full_name.partition("/")
    return {
        "id": repository_id,
        "node_id": f"R_{repository_id}",
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": {"login": owner, "id": 1, "type": "User"},
        "fork": full_name.lower() != site.repository.lower(),
        "url": f"{origin}/repos/{full_name}",
        "html_url": f"{origin}/{full_name}",
    }


def run_body(site: Site, run: Run, origin: str) -> dict[str, object]:
    """A workflow run as REST shows it."""
    base = f"{origin}/repos/{site.repository}"
    url = f"{base}/actions/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.workflow_name,
        "node_id": f"WFR_{run.id}",
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.workflow_path,
        "display_title": run.workflow_name,
        "run_number": run.number,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": run.workflow_id,
        "check_suite_id": run.id,
        "url": url,
        "html_url": f"{origin}/{site.repository}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": rfc3339(run.created_at),
        "updated_at": rfc3339(run.updated_at),
        "run_started_at": rfc3339(run.started_at),
        "run_attempt": run.attempt,
        "actor": {"login": "local", "id": 1, "type": "User"},
        "triggering_actor": {"login": "local", "id": 1, "type": "User"},
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "workflow_url": f"{base}/actions/workflows/{run.workflow_id}",
        "head_commit": {"id": run.head_sha, "message": "", "timestamp": rfc3339(run.created_at)},
        "repository": repository_stub(site, site.repository, site.runs.repository_id, origin),
        "head_repository": repository_stub(site, run.head_repository, run.head_repository_id, origin),
    }


def artifact_body(site: Site, artifact: Artifact, run: Run, origin: str) -> dict[str, object]:
    """An artifact as REST shows it; one that has expired is still listed."""
    url = f"{origin}/repos/{site.repository}/actions/artifacts/{artifact.id}"
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
            "repository_id": site.runs.repository_id,
            "head_repository_id": run.head_repository_id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def _known_run(site: Site, call: Call) -> Run:
    try:
        return site.runs.get(call.number("run_id"))
    except KeyError:
        raise not_found(call.docs) from None


def _known_artifact(site: Site, call: Call) -> Artifact:
    try:
        return site.artifacts.get(call.number("artifact_id"))
    except KeyError:
        raise not_found(call.docs) from None


def list_runs(site: Site, call: Call) -> Reply:
    """Runs, newest first, of one workflow where the path names one."""
    runs = site.runs.select()
    wanted = call.path.get("workflow")
    if wanted is not None:
        known = [
            row["id"] for row in site.runs.workflows() if wanted in (str(row["id"]), row["path"].rpartition("/")[2])
        ]
        if not known:
            raise not_found(call.docs)
        runs = [run for run in runs if run.workflow_id == known[0]]
    for name in ("event", "head_sha"):
        if value := call.query.get(name):
            runs = [run for run in runs if getattr(run, name) == value]
    if branch := call.query.get("branch"):
        runs = [run for run in runs if run.head_branch == branch]
    if status := call.query.get("status"):
        runs = [run for run in runs if status in (run.status, run.conclusion)]
    return paged(call, [run_body(site, run, call.origin) for run in reversed(runs)], "workflow_runs")


def get_run(site: Site, call: Call) -> Reply:
    """One run."""
    return Reply(body=run_body(site, _known_run(site, call), call.origin))


def list_artifacts(site: Site, call: Call) -> Reply:
    """Artifacts of the repository, forks' runs among them, or of one run; newest first."""
    if "run_id" in call.path:
        found = site.artifacts.select("run_id = ?", [_known_run(site, call).id])
    else:
        found = site.artifacts.select()
    if name := call.query.get("name"):
        found = [artifact for artifact in found if artifact.name == name]
    runs = {run_id: site.runs.get(run_id) for run_id in {artifact.run_id for artifact in found}}
    bodies = [artifact_body(site, artifact, runs[artifact.run_id], call.origin) for artifact in reversed(found)]
    return paged(call, bodies, "artifacts")


def get_artifact(site: Site, call: Call) -> Reply:
    """One artifact."""
    artifact = _known_artifact(site, call)
    return Reply(body=artifact_body(site, artifact, site.runs.get(artifact.run_id), call.origin))


def download_artifact(site: Site, call: Call) -> Reply:
    """Redirect to the bytes; 410 once the artifact has expired."""
    artifact = _known_artifact(site, call)
    if call.path["format"] != "zip":
        raise not_found(call.docs)
    if artifact.expired:
        raise ApiProblem(410, "Artifact has expired", docs=call.docs)
    return Reply(302, headers={"Location": read_address(site, call.origin, artifact, call.grant.run_id or 0)})


def delete_artifact(site: Site, call: Call) -> Reply:
    """Delete an artifact."""
    site.artifacts.delete(_known_artifact(site, call).id)
    return Reply(204)


_ACTIONS = "/repos/{owner}/{repo}/actions"
_READ = "actions:read"

ROUTES: tuple[Route, ...] = (
    route(
        "GET",
        f"{_ACTIONS}/runs",
        list_runs,
        needs=_READ,
        docs="actions/workflow-runs#list-workflow-runs-for-a-repository",
    ),
    route("GET", f"{_ACTIONS}/runs/{{run_id}}", get_run, needs=_READ, docs="actions/workflow-runs#get-a-workflow-run"),
    route(
        "GET",
        f"{_ACTIONS}/workflows/{{workflow}}/runs",
        list_runs,
        needs=_READ,
        docs="actions/workflow-runs#list-workflow-runs-for-a-workflow",
    ),
    route(
        "GET",
        f"{_ACTIONS}/runs/{{run_id}}/artifacts",
        list_artifacts,
        needs=_READ,
        docs="actions/artifacts#list-workflow-run-artifacts",
    ),
    route(
        "GET",
        f"{_ACTIONS}/artifacts",
        list_artifacts,
        needs=_READ,
        docs="actions/artifacts#list-artifacts-for-a-repository",
    ),
    route(
        "GET",
        f"{_ACTIONS}/artifacts/{{artifact_id}}",
        get_artifact,
        needs=_READ,
        docs="actions/artifacts#get-an-artifact",
    ),
    route(
        "GET",
        f"{_ACTIONS}/artifacts/{{artifact_id}}/{{format}}",
        download_artifact,
        needs=_READ,
        docs="actions/artifacts#download-an-artifact",
    ),
    route(
        "DELETE",
        f"{_ACTIONS}/artifacts/{{artifact_id}}",
        delete_artifact,
        needs="actions:write",
        docs="actions/artifacts#delete-an-artifact",
    ),
)
