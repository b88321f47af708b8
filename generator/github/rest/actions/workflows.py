"""REST: workflows, and switching them on and off [docs.github.com/rest/actions/workflows]."""

from __future__ import annotations

from ...context import AppContext
from ...core.errors import not_found
from ...core.models import Workflow, WorkflowState
from ..router import Call, Reply, listing, table, window
from .serializers import workflow_body


def known_workflow(context: AppContext, call: Call) -> Workflow:
    """The workflow that the path names by id or file name; 404 for one that is unknown."""
    try:
        return context.workflows.get(call.path["workflow"])
    except KeyError:
        raise not_found(call.docs) from None


def list_workflows(context: AppContext, call: Call) -> Reply:
    """Workflows, those that are switched off among them."""
    known = context.workflows.all()
    offset, size = window(call)
    shown = [
        workflow_body(context, one, call.origin)
        for one in known[offset : offset + size]
    ]
    return listing(call, shown, len(known), "workflows")


def get_workflow(context: AppContext, call: Call) -> Reply:
    """One workflow, by id or file name."""
    return Reply(
        body=workflow_body(context, known_workflow(context, call), call.origin)
    )


def enable_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow on, whatever had switched it off; one that is on stays so."""
    context.workflows.switch(
        str(known_workflow(context, call).id), WorkflowState.ACTIVE
    )
    return Reply(204)


def disable_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow off, as if by hand."""
    context.workflows.switch(
        str(known_workflow(context, call).id), WorkflowState.DISABLED_MANUALLY
    )
    return Reply(204)


ROUTES = table(
    "actions/workflows",
    {
        "GET ~/actions/workflows": (
            list_workflows,
            "actions:read",
            "list-repository-workflows",
        ),
        "GET ~/actions/workflows/{workflow}": (
            get_workflow,
            "actions:read",
            "get-a-workflow",
        ),
        "PUT ~/actions/workflows/{workflow}/enable": (
            enable_workflow,
            "actions:write",
            "enable-a-workflow",
        ),
        "PUT ~/actions/workflows/{workflow}/disable": (
            disable_workflow,
            "actions:write",
            "disable-a-workflow",
        ),
    },
)
