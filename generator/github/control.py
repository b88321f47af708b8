"""The owner's own endpoints below `/_wfgen/`.

Beginning runs, moving the clock, letting things go wrong.

GitHub has nothing like them; they are for programs that drive a server started by
`wfgen serve`. All take the owner's token.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from functools import wraps

from .context import AppContext
from .core.clock import SteerableClock
from .core.errors import ApiError, forbidden, invalid, not_found
from .core.faults import Fault
from .core.models import NewRun, Run, Step, WorkflowState
from .rest.calls import Call, JsonObject, Reply
from .rest.router import ANY_METHOD, Endpoint, Handler, build_routes
from .run_lifecycle import begin_attempt, begin_run, end_run, run_environment


def owner_only(handler: Handler) -> Handler:
    """Keep runs' tokens out (403), and answer what cannot be done with 404 or 422."""

    @wraps(handler)
    def perform(context: AppContext, call: Call) -> Reply:
        if call.grant.run_id is not None:
            raise forbidden()
        try:
            return handler(context, call)
        # A record that is not there, or a field that was not sent.
        except KeyError as error:
            message = f"There is no {error}, or it is not in that state"
            raise ApiError(404, message) from None
        except (TypeError, ValueError) as error:
            raise invalid(f"Invalid request.\n\n{error}") from None

    return perform


@owner_only
def start_run(context: AppContext, call: Call) -> Reply:
    """Begin a run, or with `run_id` the next attempt of one."""
    fields = call.body.fields
    if "run_id" in fields:
        permissions = dict(fields["permissions"])
        ticket = begin_attempt(context, int(fields["run_id"]), permissions)
    else:
        # The constructor itself says which field is missing or unknown.
        ticket = begin_run(context, NewRun(**fields))
    body = describe_run(ticket.run)
    body["environment"] = run_environment(call.origin, ticket)
    body["token"] = ticket.token
    return Reply(201, body)


@owner_only
def finish_run(context: AppContext, call: Call) -> Reply:
    """Enter how a run ended, and end its tokens."""
    fields = call.body.fields
    run = end_run(context, int(fields["run_id"]), str(fields["conclusion"]))
    return Reply(body=describe_run(run))


@owner_only
def record_job(context: AppContext, call: Call) -> Reply:
    """Enter a job that has just ended."""
    fields = call.body.fields
    run = context.runs.get(int(fields["run_id"]))
    steps = [Step(**step) for step in fields.get("steps", ())]
    name, conclusion = str(fields["name"]), str(fields["conclusion"])
    job = context.runs.record_job(run, name, conclusion, steps)
    return Reply(201, {"id": job.id})


@owner_only
def switch_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow on or off."""
    fields = call.body.fields
    state = WorkflowState(fields["state"])
    workflow = context.workflows.switch(str(fields["file"]), state)
    return Reply(body={"path": workflow.path, "state": workflow.state.value})


@owner_only
def read_clock(context: AppContext, _: Call) -> Reply:
    """The time the server goes by."""
    return Reply(body={"now": context.clock.now().isoformat()})


@owner_only
def move_clock(context: AppContext, call: Call) -> Reply:
    """Set the clock, then advance it; 409 where it is the machine's own."""
    if not isinstance(context.clock, SteerableClock):
        raise ApiError(409, "The server goes by the machine's clock")
    fields = call.body.fields
    # Set first, so that one call can do both.
    if "set" in fields:
        context.clock.set(datetime.fromisoformat(str(fields["set"])))
    seconds = float(fields.get("advance_seconds", 0))
    context.clock.advance(timedelta(seconds=seconds))
    return read_clock(context, call)


@owner_only
def expire_artifact(context: AppContext, call: Call) -> Reply:
    """Let an artifact expire some days ago, or later where negative."""
    fields = call.body.fields
    age = timedelta(days=float(fields.get("days", 0)))
    instant = context.clock.now() - age
    context.artifacts.expire(int(fields["artifact_id"]), instant)
    return Reply(body={"expires_at": instant.isoformat()})


@owner_only
def add_fault(context: AppContext, call: Call) -> Reply:
    """Put a fault in force."""
    fields = call.body.fields
    unknown = set(fields) - {field.name for field in dataclasses.fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    context.faults.add(Fault(**fields))
    return Reply(201, {})


@owner_only
def clear_faults(context: AppContext, _: Call) -> Reply:
    """Let everything go right again."""
    context.faults.clear()
    return Reply(body={})


@owner_only
def refuse_unknown(_: AppContext, __: Call) -> Reply:
    """404 for whatever else is asked for below `/_wfgen/`."""
    raise not_found()


def describe_run(run: Run) -> JsonObject:
    """What a program that began a run needs to know of it."""
    return {
        "run_id": run.id,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "status": run.status,
    }


# Steering a server must not use up what its runs may call.
ROUTES = build_routes(
    "",
    Endpoint("POST", "/_wfgen/runs", "", start_run),
    Endpoint("POST", "/_wfgen/runs/finish", "", finish_run),
    Endpoint("POST", "/_wfgen/jobs", "", record_job),
    Endpoint("POST", "/_wfgen/workflows", "", switch_workflow),
    Endpoint("GET", "/_wfgen/clock", "", read_clock),
    Endpoint("POST", "/_wfgen/clock", "", move_clock),
    Endpoint("POST", "/_wfgen/artifacts/expire", "", expire_artifact),
    Endpoint("POST", "/_wfgen/faults", "", add_fault),
    Endpoint("DELETE", "/_wfgen/faults", "", clear_faults),
    Endpoint(ANY_METHOD, "/_wfgen/", "", refuse_unknown),
    Endpoint(ANY_METHOD, "/_wfgen/{+endpoint}", "", refuse_unknown),
    is_metered=False,
    has_etag=False,
)
