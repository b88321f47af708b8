"""How REST shows workflows, runs and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Job, Run, Workflow
from ...storage.git.commits import Commit, read_commits
from ..calls import JsonObject
from ..schemas.commits import serialize_simple_commit
from ..schemas.repositories import serialize_minimal_repository
from ..schemas.users import serialize_user
from ..serializers import serialize_instant


def serialize_runs(
    context: AppContext, origin: str, runs: Sequence[Run]
) -> list[JsonObject]:
    """Workflow runs, with their commits."""
    # All at once: asking git takes longer than everything else about a run.
    commits = read_commits(context.git, [run.head_sha for run in runs])
    bodies = []
    for run in runs:
        commit = commits.get(run.head_sha)
        bodies.append(_serialize_run(context, origin, run, commit))
    return bodies


def serialize_run(context: AppContext, origin: str, run: Run) -> JsonObject:
    """A `workflow-run`."""
    return serialize_runs(context, origin, [run])[0]


def _serialize_run(
    context: AppContext, origin: str, run: Run, commit: Commit | None
) -> JsonObject:
    owner = serialize_user(origin, context.owner)
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
        "check_suite_node_id": f"CS_{run.id}",
        "referenced_workflows": [],
        "previous_attempt_url": None,
        "pull_requests": [],
        "created_at": format_rfc3339(run.created_at),
        "updated_at": format_rfc3339(run.updated_at),
        "run_started_at": format_rfc3339(run.started_at),
        "run_attempt": run.attempt,
        "actor": owner,
        "triggering_actor": owner,
        **_list_run_links(context, origin, run),
        "head_commit": _serialize_head(context, run, commit),
        "repository": serialize_minimal_repository(
            context, origin, context.repository, context.runs.repository_id
        ),
        "head_repository": serialize_minimal_repository(
            context, origin, run.head_repository, run.head_repository_id
        ),
    }


def _serialize_head(context: AppContext, run: Run, commit: Commit | None) -> JsonObject:
    """The commit of a run; its SHA alone where the repository here has it not."""
    if commit is not None:
        return serialize_simple_commit(commit)
    nobody = {"name": context.owner, "email": f"{context.owner}@localhost.invalid"}
    return {
        "id": run.head_sha,
        "tree_id": run.head_sha,
        "message": run.workflow_name,
        "timestamp": format_rfc3339(run.created_at),
        "author": nobody,
        "committer": nobody,
    }


def _list_run_links(context: AppContext, origin: str, run: Run) -> JsonObject:
    actions = f"{origin}/repos/{context.repository}/actions"
    url = f"{actions}/runs/{run.id}"
    return {
        "url": url,
        "html_url": f"{origin}/{context.repository}/actions/runs/{run.id}",
        "jobs_url": f"{url}/jobs",
        "check_suite_url": (
            f"{origin}/repos/{context.repository}/check-suites/{run.id}"
        ),
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
        "badge_url": f"{page}/workflows/{quote(workflow.name)}/badge.svg",
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
        "runner_id": 1,
        "runner_name": "local",
        "runner_group_id": 1,
        "runner_group_name": "Default",
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
