"""Check runs: those that clients make, and the jobs of runs, which are check runs, too."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Job, Run
from ...storage.documents import Document
from ...storage.runs import RunFilter
from ..calls import JsonObject
from ..schemas.users import serialize_actions_app
from ..serializers import serialize_instant

CHECK_RUN = "check_run"
CHECK_SUITE = "check_suite"


def ensure_suite(context: AppContext, sha: str) -> Document:
    """The suite of what clients report about a commit."""
    suites = context.documents.list_all(CHECK_SUITE, sha)
    if suites:
        return suites[0]
    return context.documents.add(CHECK_SUITE, {}, parent=sha)


def serialize_check(context: AppContext, origin: str, check: Document) -> JsonObject:
    """A `check-run` that a client made."""
    fields = check.fields
    output = fields.get("output") or {}
    body = _start_check(context, origin, check.id, check.parent)
    page = f"{origin}/{context.repository}/runs/{check.id}"
    return body | {
        "name": check.key,
        "external_id": fields.get("external_id") or "",
        "details_url": fields.get("details_url") or page,
        "html_url": page,
        "status": fields["status"],
        "conclusion": fields.get("conclusion"),
        "started_at": fields.get("started_at") or format_rfc3339(check.created_at),
        "completed_at": fields.get("completed_at"),
        "output": {
            "title": output.get("title"),
            "summary": output.get("summary"),
            "text": output.get("text"),
            "annotations_count": len(fields.get("annotations", [])),
            "annotations_url": f"{body['url']}/annotations",
        },
        "check_suite": {"id": fields["suite_id"]},
    }


def serialize_job_check(
    context: AppContext, origin: str, run: Run, job: Job
) -> JsonObject:
    """The `check-run` that a job of a run is; the run is its suite."""
    body = _start_check(context, origin, job.id, run.head_sha)
    page = f"{origin}/{context.repository}/actions/runs/{run.id}/job/{job.id}"
    return body | {
        "name": job.name,
        "external_id": str(job.id),
        "details_url": page,
        "html_url": page,
        "status": job.status,
        "conclusion": job.conclusion,
        "started_at": format_rfc3339(job.started_at),
        "completed_at": serialize_instant(job.completed_at),
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{body['url']}/annotations",
        },
        "check_suite": {"id": run.id},
    }


def _start_check(
    context: AppContext, origin: str, check_id: int, sha: str
) -> JsonObject:
    return {
        "id": check_id,
        "node_id": f"CR_{check_id}",
        "head_sha": sha,
        "url": f"{origin}/repos/{context.repository}/check-runs/{check_id}",
        "app": serialize_actions_app(origin),
        "pull_requests": [],
    }


def list_checks(context: AppContext, origin: str, sha: str) -> list[JsonObject]:
    """Every check run of a commit: jobs of its runs, and what clients made."""
    bodies: list[JsonObject] = []
    for run in context.runs.list_runs(RunFilter(head_sha=sha)):
        serialize = partial(serialize_job_check, context, origin, run)
        bodies += map(serialize, context.runs.list_jobs(run.id, run.attempt))
    checks = context.documents.list_all(CHECK_RUN, sha)
    bodies += map(partial(serialize_check, context, origin), checks)
    return bodies
