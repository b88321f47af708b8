"""REST: workflows, and switching them on and off [docs.github.com/rest/actions/workflows]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.models import Workflow, WorkflowState
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import serialize_workflow

READ = "actions:read"
WRITE = "actions:write"


def find_workflow(context: AppContext, call: Call) -> Workflow:
    """The workflow that the path names by id or file name; 404 for one that is unknown."""
    try:
        return context.workflows.get(call.path["workflow"])
    except KeyError:
        raise call.not_found() from None


def list_workflows(context: AppContext, call: Call) -> Reply:
    """Workflows, those that are switched off among them."""
    serialize = partial(serialize_workflow, context, call.origin)
    return paginate(call, context.workflows.list_all(), serialize, "workflows")


def get_workflow(context: AppContext, call: Call) -> Reply:
    """One workflow, by id or file name."""
    workflow = find_workflow(context, call)
    return Reply(body=serialize_workflow(context, call.origin, workflow))


def enable_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow on, whatever had switched it off; one that is on stays so."""
    return _switch(context, call, WorkflowState.ACTIVE)


def disable_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow off, as if by hand."""
    return _switch(context, call, WorkflowState.DISABLED_MANUALLY)


def _switch(context: AppContext, call: Call, state: WorkflowState) -> Reply:
    workflow = find_workflow(context, call)
    context.workflows.switch(str(workflow.id), state)
    return Reply(204)


ROUTES = build_routes(
    "actions/workflows",
    Endpoint(
        "GET", "~/actions/workflows", READ, list_workflows, "list-repository-workflows"
    ),
    Endpoint(
        "GET", "~/actions/workflows/{workflow}", READ, get_workflow, "get-a-workflow"
    ),
    Endpoint(
        "PUT",
        "~/actions/workflows/{workflow}/enable",
        WRITE,
        enable_workflow,
        "enable-a-workflow",
    ),
    Endpoint(
        "PUT",
        "~/actions/workflows/{workflow}/disable",
        WRITE,
        disable_workflow,
        "disable-a-workflow",
    ),
)
