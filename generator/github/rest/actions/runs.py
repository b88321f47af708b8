"""REST: runs, attempts and jobs [docs.github.com/rest/actions]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.models import Run
from ...storage.runs import RunFilter
from ..calls import Call, Reply
from ..pagination import paginate, read_page, reply_page
from ..router import Endpoint, build_routes
from .date_ranges import parse_date_range
from .serializers import serialize_job, serialize_run, serialize_runs
from .workflows import find_workflow

READ = "actions:read"


def find_run(context: AppContext, call: Call) -> Run:
    """The run that the path names; 404 for one that is unknown."""
    return call.find(context.runs.get, "run_id")


def read_run_filter(context: AppContext, call: Call) -> RunFilter:
    """Which runs path and query ask for; an empty parameter asks for nothing."""
    run_filter = RunFilter(
        event=call.query.get("event") or None,
        head_branch=call.query.get("branch") or None,
        head_sha=call.query.get("head_sha") or None,
        # GitHub takes a conclusion such as `failure` in place of a status.
        status_or_conclusion=call.query.get("status") or None,
    )
    if "workflow" in call.path:
        workflow = find_workflow(context, call)
        run_filter = run_filter._replace(workflow_id=workflow.id)
    if created := call.query.get("created"):
        since, until = parse_date_range(created)
        run_filter = run_filter._replace(created_from=since, created_before=until)
    return run_filter


def list_runs(context: AppContext, call: Call) -> Reply:
    """Runs, newest first, of one workflow where the path names one."""
    run_filter = read_run_filter(context, call)
    page = read_page(call)
    runs = context.runs.list_newest(run_filter, page.offset, page.size)
    total = context.runs.count_runs(run_filter)
    bodies = serialize_runs(context, call.origin, runs)
    return reply_page(call, bodies, total, dict, "workflow_runs")


def get_run(context: AppContext, call: Call) -> Reply:
    """One run, as it is or as an attempt of it was."""
    run = find_run(context, call)
    if "attempt" in call.path:
        run = call.find(partial(context.runs.get_attempt, run), "attempt")
    return Reply(body=serialize_run(context, call.origin, run))


def list_jobs(context: AppContext, call: Call) -> Reply:
    """Jobs of a run: of one attempt, of the latest (the default), or of all."""
    run = find_run(context, call)
    attempt: int | None = run.attempt
    if "attempt" in call.path:
        attempt = call.read_number("attempt")
    # GitHub's default for `filter` is `latest`.
    elif call.query.get("filter") == "all":
        attempt = None
    jobs = context.runs.list_jobs(run.id, attempt)
    serialize = partial(serialize_job, context, call.origin, run)
    return paginate(call, jobs, serialize, "jobs")


def get_job(context: AppContext, call: Call) -> Reply:
    """One job."""
    job = call.find(context.runs.get_job, "job_id")
    run = context.runs.get(job.run_id)
    return Reply(body=serialize_job(context, call.origin, run, job))


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
        "~/actions/workflows/{workflow}/runs",
        READ,
        list_runs,
        "list-workflow-runs-for-a-workflow",
    ),
)
