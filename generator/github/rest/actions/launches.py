"""REST: starting, repeating and stopping runs, where somebody is there to do it.

[docs.github.com/rest/actions]
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ...context import AppContext
from ...core.models import Workflow, WorkflowState
from ...launcher import Launcher, RefusedError
from ...storage.runs import RunFilter
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from .runs import find_run
from .workflows import find_workflow

WRITE = "actions:write"
# How often, and how far apart, a run that was just started is looked for.
MAX_LOOKUPS = 500
PAUSE_SECONDS = 0.02


async def dispatch_workflow(context: AppContext, call: Call) -> Reply:
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
    newest = _find_newest(context, workflow)
    try:
        launcher.dispatch(workflow, branch, _read_inputs(call))
    except RefusedError as error:
        raise call.invalid(str(error)) from None
    # Since February 2026 clients can ask for the run that they started.
    if call.body.read_flag("return_run_details") is not True:
        return Reply(204)
    run_id = await _await_run(context, workflow, newest)
    if run_id is None:
        return Reply(204)
    body = {
        "workflow_run_id": run_id,
        "run_url": f"{call.origin}/repos/{context.repository}/actions/runs/{run_id}",
        "html_url": f"{call.origin}/{context.repository}/actions/runs/{run_id}",
    }
    return Reply(200, body)


def _find_newest(context: AppContext, workflow: Workflow) -> int:
    """The id of a workflow's newest run; 0 for none."""
    runs = context.runs.list_newest(RunFilter(workflow_id=workflow.id), 0, 1)
    return runs[0].id if runs else 0


async def _await_run(
    context: AppContext, workflow: Workflow, newest: int
) -> int | None:
    """The run that has begun since `newest`; None where none does for long."""
    for _ in range(MAX_LOOKUPS):
        found = _find_newest(context, workflow)
        if found != newest:
            return found
        await asyncio.sleep(PAUSE_SECONDS)
    return None


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
    Endpoint(
        "POST",
        "~/actions/runs/{run_id}/force-cancel",
        WRITE,
        cancel_run,
        "force-cancel-a-workflow-run",
    ),
)
