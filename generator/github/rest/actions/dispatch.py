"""REST.

Starting, repeating and stopping runs, where somebody is there to do it
[docs.github.com/rest/actions].
"""

from __future__ import annotations

from collections.abc import Mapping

from ...context import AppContext
from ...core.errors import ApiProblem, invalid
from ...core.models import WorkflowState
from ...launcher import Launcher, RefusedError
from ..router import Call, Reply, table, text_field
from .runs import known_run
from .workflows import known_workflow


def _launcher(context: AppContext, call: Call) -> Launcher:
    if context.launcher is None:
        said = f"Not Found (the local GitHub does not serve {call.method} {call.url_path} unless started with --run)"
        raise ApiProblem(404, said, docs=call.docs)
    return context.launcher


def _inputs(call: Call) -> Mapping[str, str]:
    """The inputs as texts, which is how a run sees them."""
    given = call.body.get("inputs")
    if not isinstance(given, dict | None):
        raise invalid(
            "Invalid request.\n\nFor 'properties/inputs', this is not an object.",
            docs=call.docs,
        )
    return {
        name: str(value).lower()
        if isinstance(value, bool)
        else ""
        if value is None
        else str(value)
        for name, value in (given or {}).items()
    }


def dispatch(context: AppContext, call: Call) -> Reply:
    """Start a run of a workflow by hand.

    422 where it is off, has no such trigger or input, or there is no such ref.
    """
    workflow, launcher = known_workflow(context, call), _launcher(context, call)
    ref = text_field(call, "ref")
    if not ref:
        raise invalid('Invalid request.\n\n"ref" wasn\'t supplied.', docs=call.docs)
    if workflow.state is not WorkflowState.ACTIVE:
        raise invalid(
            "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
            docs=call.docs,
        )
    try:
        launcher.dispatch(workflow, ref.removeprefix("refs/heads/"), _inputs(call))
    except RefusedError as error:
        raise invalid(str(error), docs=call.docs) from None
    return Reply(204)


def rerun(context: AppContext, call: Call) -> Reply:
    """Run a finished run again; 403 for one that is going on, or that cannot be run any more."""
    run, launcher = known_run(context, call), _launcher(context, call)
    if run.status != "completed":
        raise ApiProblem(403, "This workflow is already running", docs=call.docs)
    try:
        launcher.rerun(run)
    except RefusedError as error:
        raise ApiProblem(403, str(error), docs=call.docs) from None
    return Reply(201, {})


def cancel(context: AppContext, call: Call) -> Reply:
    """Stop a run; 409 for one that has ended, or that another program is running."""
    run, launcher = known_run(context, call), _launcher(context, call)
    if run.status == "completed":
        raise ApiProblem(
            409, "Cannot cancel a workflow run that is completed.", docs=call.docs
        )
    try:
        launcher.cancel(run)
    except RefusedError as error:
        raise ApiProblem(409, str(error), docs=call.docs) from None
    return Reply(202, {})


ROUTES = table(
    "actions",
    {
        "POST ~/actions/workflows/{workflow}/dispatches": (
            dispatch,
            "actions:write",
            "create-a-workflow-dispatch-event",
        ),
        "POST ~/actions/runs/{run_id}/rerun": (
            rerun,
            "actions:write",
            "re-run-a-workflow",
        ),
        "POST ~/actions/runs/{run_id}/cancel": (
            cancel,
            "actions:write",
            "cancel-a-workflow-run",
        ),
    },
)
