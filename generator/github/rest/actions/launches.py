"""REST: starting, repeating and stopping runs, where somebody is there to do it.

[docs.github.com/rest/actions]
"""

from __future__ import annotations

from collections.abc import Mapping

from ...context import AppContext
from ...core.models import WorkflowState
from ...launcher import Launcher, RefusedError
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from .runs import find_run
from .workflows import find_workflow

WRITE = "actions:write"


def dispatch_workflow(context: AppContext, call: Call) -> Reply:
    """Start a run of a workflow by hand.

    422 where it is off, has no such trigger or input, or there is no such ref.
    """
    workflow = find_workflow(context, call)
    launcher = _require_launcher(context, call)
    ref = call.body.require_text("ref")
    if workflow.state is not WorkflowState.ACTIVE:
        raise call.invalid(
            "Cannot trigger a 'workflow_dispatch' on a disabled workflow"
        )
    # Clients send a branch's name or its full ref.
    branch = ref.removeprefix("refs/heads/")
    try:
        launcher.dispatch(workflow, branch, _read_inputs(call))
    except RefusedError as error:
        raise call.invalid(str(error)) from None
    return Reply(204)


def rerun_workflow(context: AppContext, call: Call) -> Reply:
    """Run a finished run again; 403 for one that is going on, or that cannot be run any more."""
    run = find_run(context, call)
    launcher = _require_launcher(context, call)
    if run.status != "completed":
        raise call.refusal(403, "This workflow is already running")
    try:
        launcher.rerun(run)
    except RefusedError as error:
        raise call.refusal(403, str(error)) from None
    return Reply(201, {})


def cancel_run(context: AppContext, call: Call) -> Reply:
    """Stop a run; 409 for one that has ended, or that another program is running."""
    run = find_run(context, call)
    launcher = _require_launcher(context, call)
    if run.status == "completed":
        raise call.refusal(409, "Cannot cancel a workflow run that is completed.")
    try:
        launcher.cancel(run)
    except RefusedError as error:
        raise call.refusal(409, str(error)) from None
    return Reply(202, {})


def _require_launcher(context: AppContext, call: Call) -> Launcher:
    if context.launcher is None:
        operation = f"{call.method} {call.url_path}"
        message = f"does not serve {operation} unless started with --run"
        raise call.refusal(404, f"Not Found (the local GitHub {message})")
    return context.launcher


def _read_inputs(call: Call) -> Mapping[str, str]:
    """The inputs as texts, which is how a run sees them."""
    inputs = {}
    for name, value in call.body.read_object("inputs").items():
        inputs[name] = _format_input(value)
    return inputs


def _format_input(value: object) -> str:
    if value is None:
        return ""
    # As YAML and JSON write it, not as Python does.
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


ROUTES = build_routes(
    "actions",
    Endpoint(
        "POST",
        "~/actions/workflows/{workflow}/dispatches",
        WRITE,
        dispatch_workflow,
        "create-a-workflow-dispatch-event",
    ),
    Endpoint(
        "POST",
        "~/actions/runs/{run_id}/rerun",
        WRITE,
        rerun_workflow,
        "re-run-a-workflow",
    ),
    Endpoint(
        "POST",
        "~/actions/runs/{run_id}/cancel",
        WRITE,
        cancel_run,
        "cancel-a-workflow-run",
    ),
)
