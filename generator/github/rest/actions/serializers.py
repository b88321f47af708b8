"""How REST shows workflows, runs and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

from datetime import timedelta

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Job, Run, Workflow
from ..calls import JsonObject
from ..serializers import serialize_instant, serialize_repository, serialize_user


def serialize_run(context: AppContext, origin: str, run: Run) -> JsonObject:
    """A workflow run."""
    owner = serialize_user(context.owner)
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
        # GitHub makes a check suite of each run; here the run stands for it.
        "check_suite_id": run.id,
        "pull_requests": [],
        "created_at": format_rfc3339(run.created_at),
        "updated_at": format_rfc3339(run.updated_at),
        "run_started_at": format_rfc3339(run.started_at),
        "run_attempt": run.attempt,
        "actor": owner,
        "triggering_actor": owner,
        **_list_run_links(context, origin, run),
        "head_commit": {
            "id": run.head_sha,
            "message": "",
            "timestamp": format_rfc3339(run.created_at),
        },
        "repository": serialize_repository(
            context, origin, context.repository, context.runs.repository_id
        ),
        "head_repository": serialize_repository(
            context, origin, run.head_repository, run.head_repository_id
        ),
    }


def _list_run_links(context: AppContext, origin: str, run: Run) -> JsonObject:
    actions = f"{origin}/repos/{context.repository}/actions"
    url = f"{actions}/runs/{run.id}"
    return {
        "url": url,
        "html_url": f"{origin}/{context.repository}/actions/runs/{run.id}",
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "workflow_url": f"{actions}/workflows/{run.workflow_id}",
    }


def serialize_workflow(
    context: AppContext, origin: str, workflow: Workflow
) -> JsonObject:
    """A workflow."""
    actions = f"{origin}/repos/{context.repository}/actions"
    page = f"{origin}/{context.repository}"
    return {
        "id": workflow.id,
        "node_id": f"W_{workflow.id}",
        "name": workflow.name,
        "path": workflow.path,
        "state": workflow.state.value,
        "created_at": format_rfc3339(workflow.created_at),
        "updated_at": format_rfc3339(workflow.updated_at),
        "url": f"{actions}/workflows/{workflow.id}",
        "html_url": f"{page}/blob/{context.default_branch}/{workflow.path}",
        "badge_url": f"{page}/workflows/{workflow.name}/badge.svg",
    }


def serialize_job(context: AppContext, origin: str, run: Run, job: Job) -> JsonObject:
    """A job of a run."""
    api = f"{origin}/repos/{context.repository}"
    page = f"{origin}/{context.repository}/actions/runs/{run.id}"
    return {
        "id": job.id,
        "run_id": run.id,
        "run_url": f"{api}/actions/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": f"CR_{job.id}",
        "head_sha": run.head_sha,
        "head_branch": run.head_branch,
        "workflow_name": run.workflow_name,
        "name": job.name,
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": format_rfc3339(job.started_at),
        "started_at": format_rfc3339(job.started_at),
        "completed_at": serialize_instant(job.completed_at),
        "url": f"{api}/actions/jobs/{job.id}",
        "html_url": f"{page}/job/{job.id}",
        # A job's id is its check run's, on GitHub too.
        "check_run_url": f"{api}/check-runs/{job.id}",
        # What `runs-on` says is not recorded.
        "labels": ["ubuntu-latest"],
        "runner_name": "local",
        "steps": _serialize_steps(job),
    }


def _serialize_steps(job: Job) -> list[JsonObject]:
    """A job's steps, each beginning when the one before it ended.

    Only durations are known, as act reports no instants.
    """
    bodies: list[JsonObject] = []
    started_at = job.started_at
    for number, step in enumerate(job.steps, start=1):
        completed_at = started_at + timedelta(seconds=step.duration_seconds)
        body: JsonObject = {
            "name": step.name,
            "status": "completed",
            "conclusion": step.conclusion,
            "number": number,
            "started_at": format_rfc3339(started_at),
            "completed_at": format_rfc3339(completed_at),
        }
        bodies.append(body)
        started_at = completed_at
    return bodies
