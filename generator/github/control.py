"""The owner's own endpoints below `/_wfgen/`.

Beginning runs, moving the clock, letting things go wrong.

GitHub has nothing like them; they are for programs that drive a server started by
`wfgen serve`. All take the owner's token.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from .context import AppContext
from .core.clock import SteerableClock, check_instant
from .core.errors import ApiError, forbidden, invalid, not_found
from .core.faults import read_fault
from .core.models import NewRun, Run, Step, WorkflowState
from .core.names import MAX_ID_DIGITS, has_control_characters, parse_digits
from .rest.calls import Body, Call, JsonObject, Reply
from .rest.router import ANY_METHOD, Endpoint, build_routes
from .run_lifecycle import begin_attempt, begin_run, end_run, run_environment

Action = Callable[[AppContext, Call], Reply]
# The fields of NewRun, besides its permissions.
_RUN_TEXTS = ("workflow_path", "workflow_name", "event", "head_branch", "head_sha")
_RUN_OPTIONAL_TEXTS = ("head_repository", "ref", "base_branch")
# GitHub ends a job on a runner of one's own after five days.
MAX_STEP_SECONDS = 5 * 24 * 3600


def owner_only(handler: Action) -> Action:
    """Keep runs' tokens out (403), and answer what cannot be done with 404 or 422."""

    @wraps(handler)
    def perform(context: AppContext, call: Call) -> Reply:
        if call.grant.run_id is not None:
            raise forbidden()
        try:
            return handler(context, call)
        # A record that is not there.
        except KeyError as error:
            message = f"There is no {error}, or it is not in that state"
            raise ApiError(404, message) from None
        except (TypeError, ValueError, OverflowError) as error:
            raise invalid(f"Invalid request.\n\n{error}") from None

    return perform


@owner_only
def start_run(context: AppContext, call: Call) -> Reply:
    """Begin a run, or with `run_id` the next attempt of one."""
    if "run_id" in call.body:
        permissions = _read_permissions(call)
        ticket = begin_attempt(context, _read_id(call, "run_id"), permissions)
    else:
        ticket = begin_run(context, _read_new_run(call))
    body = describe_run(ticket.run)
    body["environment"] = run_environment(call.origin, ticket)
    body["token"] = ticket.token
    return Reply(201, body)


@owner_only
def finish_run(context: AppContext, call: Call) -> Reply:
    """Enter how a run ended, and end its tokens."""
    conclusion = _require_name(call, "conclusion")
    run = end_run(context, _read_id(call, "run_id"), conclusion)
    return Reply(body=describe_run(run))


@owner_only
def record_job(context: AppContext, call: Call) -> Reply:
    """Enter a job that has just ended."""
    run = context.runs.get(_read_id(call, "run_id"))
    steps = [_read_step(call, step) for step in call.body.read_list("steps")]
    name, conclusion = _require_name(call, "name"), _require_name(call, "conclusion")
    job = context.runs.record_job(run, name, conclusion, steps)
    return Reply(201, {"id": job.id})


@owner_only
def switch_workflow(context: AppContext, call: Call) -> Reply:
    """Switch a workflow on or off."""
    state = WorkflowState(call.body.require_text("state"))
    workflow = context.workflows.switch(call.body.require_text("file"), state)
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
    # Both are read before one is done; set first, so that one call can do both.
    text = call.body.read_text("set")
    span = timedelta(seconds=call.body.read_float("advance_seconds"))
    if text:
        context.clock.set(datetime.fromisoformat(text))
    context.clock.advance(span)
    return read_clock(context, call)


@owner_only
def expire_artifact(context: AppContext, call: Call) -> Reply:
    """Let an artifact expire some days ago, or later where negative."""
    instant = context.clock.now() - timedelta(days=call.body.read_float("days"))
    check_instant(instant)
    context.artifacts.expire(_read_id(call, "artifact_id"), instant)
    return Reply(body={"expires_at": instant.isoformat()})


@owner_only
def add_fault(context: AppContext, call: Call) -> Reply:
    """Put a fault in force."""
    context.faults.add(read_fault(call.body.fields))
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


def _read_id(call: Call, name: str) -> int:
    """The id of a record, which clients send as a number or as its digits."""
    digits = str(call.body.fields[name])
    number = parse_digits(digits, MAX_ID_DIGITS)
    if number is None:
        raise ValueError(f"{name} is not an id")
    return number


def _require_name(call: Call, name: str) -> str:
    """A text that names something, and that lists show on one line."""
    text = call.body.require_text(name)
    if has_control_characters(text):
        raise ValueError(f"{name} holds control characters")
    return text


def _read_permissions(call: Call) -> dict[str, str]:
    permissions = {}
    for scope, level in call.body.read_object("permissions").items():
        if not isinstance(level, str):
            raise TypeError(f"the level of {scope} is not a string")
        permissions[scope] = level
    return permissions


def _read_new_run(call: Call) -> NewRun:
    fields: dict[str, Any] = {"permissions": _read_permissions(call)}
    for name in _RUN_TEXTS:
        fields[name] = _require_name(call, name)
    for name in _RUN_OPTIONAL_TEXTS:
        if call.body.has_value(name):
            fields[name] = _require_name(call, name)
    unknown = set(call.body.fields) - set(fields) - set(_RUN_OPTIONAL_TEXTS)
    if unknown:
        raise ValueError(f"a run has no {', '.join(sorted(unknown))}")
    return NewRun(**fields)


def _read_step(call: Call, step: object) -> Step:
    if not isinstance(step, dict):
        raise TypeError("a step is not an object")
    body = Body(step, call.docs)
    seconds = body.read_float("duration_seconds")
    if not 0 <= seconds <= MAX_STEP_SECONDS:
        raise ValueError("duration_seconds of a step is out of range")
    return Step(body.require_text("name"), body.require_text("conclusion"), seconds)


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
