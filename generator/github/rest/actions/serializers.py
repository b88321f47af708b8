"""How REST shows workflows, runs and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

from datetime import timedelta

from ...context import AppContext
from ...core.clock import rfc3339
from ...core.models import Job, Run, Workflow


def user_body(login: str) -> dict[str, object]:
    """A user, or a bot, as REST shows it."""
    return {
        "login": login,
        "id": 1,
        "node_id": f"U_{login}",
        "type": "Bot" if login.endswith("[bot]") else "User",
    }


def repository_stub(
    context: AppContext, full_name: str, repository_id: int, origin: str
) -> dict[str, object]:
    """The minimal repository object that runs carry."""
    owner, _, name = full_name.partition("/")
    return {
        "id": repository_id,
        "node_id": f"R_{repository_id}",
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": user_body(owner),
        "fork": full_name.lower() != context.repository.lower(),
        "url": f"{origin}/repos/{full_name}",
        "html_url": f"{origin}/{full_name}",
    }


def run_body(context: AppContext, run: Run, origin: str) -> dict[str, object]:
    """A workflow run as REST shows it."""
    base = f"{origin}/repos/{context.repository}"
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
        "html_url": f"{origin}/{context.repository}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": rfc3339(run.created_at),
        "updated_at": rfc3339(run.updated_at),
        "run_started_at": rfc3339(run.started_at),
        "run_attempt": run.attempt,
        "actor": user_body(context.owner),
        "triggering_actor": user_body(context.owner),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "workflow_url": f"{base}/actions/workflows/{run.workflow_id}",
        "head_commit": {
            "id": run.head_sha,
            "message": "",
            "timestamp": rfc3339(run.created_at),
        },
        "repository": repository_stub(
            context, context.repository, context.runs.repository_id, origin
        ),
        "head_repository": repository_stub(
            context, run.head_repository, run.head_repository_id, origin
        ),
    }


def workflow_body(
    context: AppContext, workflow: Workflow, origin: str
) -> dict[str, object]:
    """A workflow as REST shows it."""
    return {
        "id": workflow.id,
        "node_id": f"W_{workflow.id}",
        "name": workflow.name,
        "path": workflow.path,
        "state": workflow.state.value,
        "created_at": rfc3339(workflow.created_at),
        "updated_at": rfc3339(workflow.updated_at),
        "url": f"{origin}/repos/{context.repository}/actions/workflows/{workflow.id}",
        "html_url": f"{origin}/{context.repository}/blob/{context.default_branch}/{workflow.path}",
        "badge_url": f"{origin}/{context.repository}/workflows/{workflow.name}/badge.svg",
    }


def job_body(context: AppContext, job: Job, run: Run, origin: str) -> dict[str, object]:
    """A job as REST shows it; a step's times follow from how long each took."""
    steps, began = [], job.started_at
    for number, step in enumerate(job.steps, start=1):
        ended = began + timedelta(seconds=step.duration_seconds)
        steps.append(
            {
                "name": step.name,
                "status": "completed",
                "conclusion": step.conclusion,
                "number": number,
                "started_at": rfc3339(began),
                "completed_at": rfc3339(ended),
            }
        )
        began = ended
    base = f"{origin}/repos/{context.repository}"
    return {
        "id": job.id,
        "run_id": run.id,
        "run_url": f"{base}/actions/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": f"CR_{job.id}",
        "head_sha": run.head_sha,
        "head_branch": run.head_branch,
        "workflow_name": run.workflow_name,
        "name": job.name,
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": rfc3339(job.started_at),
        "started_at": rfc3339(job.started_at),
        "completed_at": None if job.completed_at is None else rfc3339(job.completed_at),
        "url": f"{base}/actions/jobs/{job.id}",
        "html_url": f"{origin}/{context.repository}/actions/runs/{run.id}/job/{job.id}",
        "check_run_url": f"{base}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_name": "local",
        "steps": steps,
    }
