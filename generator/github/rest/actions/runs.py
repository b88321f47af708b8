"""REST: runs, attempts and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import to_micros
from ...core.models import Run
from ..calls import Call, Reply
from ..pagination import paginate, read_page, reply_page
from ..router import Endpoint, build_routes
from .date_ranges import parse_date_range
from .serializers import serialize_job, serialize_run
from .workflows import find_workflow

READ = "actions:read"
_COLUMNS = {"event": "event", "head_sha": "head_sha", "branch": "head_branch"}


def find_run(context: AppContext, call: Call) -> Run:
    """The run that the path names; 404 for one that is unknown."""
    return call.find(context.runs.get, "run_id")


def read_run_filter(context: AppContext, call: Call) -> tuple[str, list[object]]:
    """The condition on runs that path and query ask for."""
    parts: list[str] = ["1"]
    parameters: list[object] = []
    if "workflow" in call.path:
        parts.append("workflow_id = ?")
        parameters.append(find_workflow(context, call).id)
    for name, column in _COLUMNS.items():
        if value := call.query.get(name):
            parts.append(f"{column} = ?")
            parameters.append(value)
    if status := call.query.get("status"):
        parts.append("(status = ? OR conclusion = ?)")
        parameters += [status, status]
    if created := call.query.get("created"):
        since, until = parse_date_range(created)
        parts.append("runs.created_at >= ? AND runs.created_at < ?")
        parameters += [to_micros(since), to_micros(until)]
    return " AND ".join(parts), parameters


def list_runs(context: AppContext, call: Call) -> Reply:
    """Runs, newest first, of one workflow where the path names one."""
    where, parameters = read_run_filter(context, call)
    page = read_page(call)
    shown = context.runs.newest(where, parameters, page.offset, page.size)
    total = context.runs.count(where, parameters)
    serialize = partial(serialize_run, context, call.origin)
    return reply_page(call, shown, total, serialize, "workflow_runs")


def get_run(context: AppContext, call: Call) -> Reply:
    """One run, as it is or as an attempt of it was."""
    run = find_run(context, call)
    if "attempt" in call.path:
        run = call.find(partial(context.runs.at_attempt, run), "attempt")
    return Reply(body=serialize_run(context, call.origin, run))


def list_jobs(context: AppContext, call: Call) -> Reply:
    """Jobs of a run: of one attempt, of the latest (the default), or of all."""
    run = find_run(context, call)
    where, parameters = "run_id = ?", [run.id]
    if "attempt" in call.path:
        attempt = call.read_number("attempt")
        where, parameters = f"{where} AND attempt = ?", [run.id, attempt]
    elif call.query.get("filter") != "all":
        where, parameters = f"{where} AND attempt = ?", [run.id, run.attempt]
    jobs = context.runs.jobs(where, parameters)
    serialize = partial(serialize_job, context, call.origin, run)
    return paginate(call, jobs, serialize, "jobs")


def get_job(context: AppContext, call: Call) -> Reply:
    """One job."""
    jobs = context.runs.jobs("id = ?", [call.read_number("job_id")])
    if not jobs:
        raise call.not_found()
    run = context.runs.get(jobs[0].run_id)
    return Reply(body=serialize_job(context, call.origin, run, jobs[0]))


def list_annotations(context: AppContext, call: Call) -> Reply:
    """None: annotations are in act's log, which is not kept here."""
    get_job(context, call)
    return Reply(body=[])


def refuse_logs(context: AppContext, call: Call) -> Reply:
    """410, as on GitHub when logs are past their time.

    Act's log goes to the terminal and is not kept here.
    """
    find_run(context, call)
    raise call.refusal(410, "Server Error: logs are not kept by the local GitHub")


ROUTES = build_routes(
    "actions",
    Endpoint(
        "GET",
        "~/actions/runs",
        READ,
        list_runs,
        "list-workflow-runs-for-a-repository",
    ),
    Endpoint("GET", "~/actions/runs/{run_id}", READ, get_run, "get-a-workflow-run"),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/attempts/{attempt}",
        READ,
        get_run,
        "get-a-workflow-run-attempt",
    ),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/jobs",
        READ,
        list_jobs,
        "list-jobs-for-a-workflow-run",
    ),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/attempts/{attempt}/jobs",
        READ,
        list_jobs,
        "list-jobs-for-an-attempt",
    ),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/logs",
        READ,
        refuse_logs,
        "download-workflow-run-logs",
    ),
    Endpoint(
        "GET",
        "~/actions/jobs/{job_id}",
        READ,
        get_job,
        "get-a-job-for-a-workflow-run",
    ),
    Endpoint(
        "GET",
        "~/check-runs/{job_id}/annotations",
        "checks:read",
        list_annotations,
        "list-check-run-annotations",
    ),
    Endpoint(
        "GET",
        "~/actions/workflows/{workflow}/runs",
        READ,
        list_runs,
        "list-workflow-runs-for-a-workflow",
    ),
)
