"""REST: how long runs took, and what they wait for [docs.github.com/rest/actions/workflow-runs]."""

from __future__ import annotations

from ...context import AppContext
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .runs import find_run
from .workflows import find_workflow

READ = "actions:read"
_MILLISECONDS = 1000


def get_run_timing(context: AppContext, call: Call) -> Reply:
    """How long a run took; nothing here is billed."""
    run = find_run(context, call)
    # Of one that is going on, as long as it has lasted.
    seconds = (run.updated_at - run.started_at).total_seconds()
    body = {"billable": {}, "run_duration_ms": int(seconds * _MILLISECONDS)}
    return Reply(body=body)


def get_workflow_timing(context: AppContext, call: Call) -> Reply:
    """What a workflow has cost: nothing here is billed."""
    find_workflow(context, call)
    return Reply(body={"billable": {}})


def list_nothing(context: AppContext, call: Call) -> Reply:
    """Nobody approves runs here, and none waits for it."""
    find_run(context, call)
    return paginate(call, [], dict)


def list_runners(_context: AppContext, call: Call) -> Reply:
    """None: act runs jobs on this machine, and registers nowhere."""
    return paginate(call, [], dict, "runners")


ROUTES = build_routes(
    "actions",
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/timing",
        READ,
        get_run_timing,
        "get-workflow-run-usage",
    ),
    Endpoint(
        "GET",
        "~/actions/workflows/{workflow}/timing",
        READ,
        get_workflow_timing,
        "get-workflow-usage",
    ),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/approvals",
        READ,
        list_nothing,
        "get-the-review-history-for-a-workflow-run",
    ),
    Endpoint(
        "GET",
        "~/actions/runs/{run_id}/pending_deployments",
        READ,
        list_nothing,
        "get-pending-deployments-for-a-workflow-run",
    ),
    Endpoint(
        "GET",
        "~/actions/runners",
        "administration:read",
        list_runners,
        "list-self-hosted-runners-for-a-repository",
    ),
)
