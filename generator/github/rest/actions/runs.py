"""REST: runs, attempts and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ...context import AppContext
from ...core.clock import to_micros
from ...core.errors import ApiProblem, not_found
from ...core.models import Run
from ..router import Call, Reply, listing, table, window
from .serializers import job_body, run_body
from .workflows import known_workflow

_CREATED = re.compile(r"(>=|<=|>|<)?(.+?)(?:\.\.(.+))?")


def known_run(context: AppContext, call: Call) -> Run:
    """The run that the path names; 404 for one that is unknown."""
    try:
        return context.runs.get(call.number("run_id"))
    except KeyError:
        raise not_found(call.docs) from None


def run_filter(context: AppContext, call: Call) -> tuple[str, list[object]]:
    """The condition on runs that path and query ask for."""
    parts: list[str] = ["1"]
    parameters: list[object] = []
    if "workflow" in call.path:
        parts.append("workflow_id = ?")
        parameters.append(known_workflow(context, call).id)
    for name, column in (
        ("event", "event"),
        ("head_sha", "head_sha"),
        ("branch", "head_branch"),
    ):
        if value := call.query.get(name):
            parts.append(f"{column} = ?")
            parameters.append(value)
    if status := call.query.get("status"):
        parts.append("(status = ? OR conclusion = ?)")
        parameters += [status, status]
    if created := call.query.get("created"):
        since, until = created_span(created)
        parts.append("runs.created_at >= ? AND runs.created_at < ?")
        parameters += [to_micros(since), to_micros(until)]
    return " AND ".join(parts), parameters


def created_span(said: str) -> tuple[datetime, datetime]:
    """First instant and the one after the last of a date search such as `>=2026-01-02` or `2026-01-02..2026-02-03`.

    Syntax from docs.github.com, "Query for dates". What cannot be read matches nothing,
    as on GitHub.
    """
    ages = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    found = _CREATED.fullmatch(said)
    if found is None:
        return ages[1], ages[0]
    sign, first, last = found.groups()
    try:
        begins, ends = _moment(first)
        if last:
            return (ages[0] if first == "*" else begins), (
                ages[1] if last == "*" else _moment(last)[1]
            )
    except ValueError:
        return ages[1], ages[0]
    return {
        ">=": (begins, ages[1]),
        ">": (ends, ages[1]),
        "<=": (ages[0], ends),
        "<": (ages[0], begins),
        None: (begins, ends),
    }[sign]


def _moment(said: str) -> tuple[datetime, datetime]:
    """Begin and end of a date (a day) or of an instant (a second)."""
    if said == "*":
        return datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    instant = datetime.fromisoformat(said)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant, instant + (
        timedelta(seconds=1) if "T" in said else timedelta(days=1)
    )


def list_runs(context: AppContext, call: Call) -> Reply:
    """Runs, newest first, of one workflow where the path names one."""
    where, parameters = run_filter(context, call)
    found = context.runs.newest(where, parameters, *window(call))
    return listing(
        call,
        [run_body(context, run, call.origin) for run in found],
        context.runs.count(where, parameters),
        "workflow_runs",
    )


def get_run(context: AppContext, call: Call) -> Reply:
    """One run, as it is or as an attempt of it was."""
    run = known_run(context, call)
    if "attempt" in call.path:
        try:
            run = context.runs.at_attempt(run, call.number("attempt"))
        except KeyError:
            raise not_found(call.docs) from None
    return Reply(body=run_body(context, run, call.origin))


def list_jobs(context: AppContext, call: Call) -> Reply:
    """Jobs of a run: of one attempt, of the latest (the default), or of all."""
    run = known_run(context, call)
    where, parameters = "run_id = ?", [run.id]
    if "attempt" in call.path:
        where, parameters = f"{where} AND attempt = ?", [run.id, call.number("attempt")]
    elif call.query.get("filter") != "all":
        where, parameters = f"{where} AND attempt = ?", [run.id, run.attempt]
    jobs = context.runs.jobs(where, parameters)
    offset, size = window(call)
    shown = [
        job_body(context, job, run, call.origin) for job in jobs[offset : offset + size]
    ]
    return listing(call, shown, len(jobs), "jobs")


def get_job(context: AppContext, call: Call) -> Reply:
    """One job."""
    jobs = context.runs.jobs("id = ?", [call.number("job_id")])
    if not jobs:
        raise not_found(call.docs)
    return Reply(
        body=job_body(context, jobs[0], context.runs.get(jobs[0].run_id), call.origin)
    )


def list_annotations(context: AppContext, call: Call) -> Reply:
    """None: annotations are in act's log, which is not kept here."""
    get_job(context, call)
    return Reply(body=[])


def refuse_logs(context: AppContext, call: Call) -> Reply:
    """410, as on GitHub when logs are past their time.

    Act's log goes to the terminal and is not kept here.
    """
    known_run(context, call)
    raise ApiProblem(
        410, "Server Error: logs are not kept by the local GitHub", docs=call.docs
    )


ROUTES = table(
    "actions",
    {
        "GET ~/actions/runs": (
            list_runs,
            "actions:read",
            "list-workflow-runs-for-a-repository",
        ),
        "GET ~/actions/runs/{run_id}": (get_run, "actions:read", "get-a-workflow-run"),
        "GET ~/actions/runs/{run_id}/attempts/{attempt}": (
            get_run,
            "actions:read",
            "get-a-workflow-run-attempt",
        ),
        "GET ~/actions/runs/{run_id}/jobs": (
            list_jobs,
            "actions:read",
            "list-jobs-for-a-workflow-run",
        ),
        "GET ~/actions/runs/{run_id}/attempts/{attempt}/jobs": (
            list_jobs,
            "actions:read",
            "list-jobs-for-an-attempt",
        ),
        "GET ~/actions/runs/{run_id}/logs": (
            refuse_logs,
            "actions:read",
            "download-workflow-run-logs",
        ),
        "GET ~/actions/jobs/{job_id}": (
            get_job,
            "actions:read",
            "get-a-job-for-a-workflow-run",
        ),
        "GET ~/check-runs/{job_id}/annotations": (
            list_annotations,
            "checks:read",
            "list-check-run-annotations",
        ),
        "GET ~/actions/workflows/{workflow}/runs": (
            list_runs,
            "actions:read",
            "list-workflow-runs-for-a-workflow",
        ),
    },
)
