"""The owner's own endpoints below `/_wfgen/`.

Beginning runs, moving the clock, letting things go wrong.

GitHub has nothing like them; they are for programs that drive a server started by
`wfgen serve`. All take the owner's token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from .context import AppContext
from .core.clock import SteerableClock
from .core.errors import ApiProblem, forbidden, invalid, not_found
from .core.faults import Fault
from .core.models import NewRun, Run, Step, WorkflowState
from .core.tokens import Grant
from .run_lifecycle import begin_attempt, begin_run, end_run, run_environment

Answer = tuple[int, object]


def answer_control(
    context: AppContext,
    grant: Grant,
    origin: str,
    asked: tuple[str, str],
    body: Mapping[str, Any],
) -> Answer:
    """Status and JSON for (method, path below `/_wfgen/`).

    403 for a run's token, 422 for what cannot be read.
    """
    if grant.run_id is not None:
        raise forbidden()
    perform = _ENDPOINTS.get(asked)
    if perform is None:
        raise not_found()
    try:
        return perform(context, origin, body)
    except KeyError as error:
        raise ApiProblem(
            404, f"There is no {error}, or it is not in that state"
        ) from None
    except (TypeError, ValueError) as error:
        raise invalid(f"Invalid request.\n\n{error}") from None


def _begin_run(context: AppContext, origin: str, body: Mapping[str, Any]) -> Answer:
    if "run_id" in body:
        ticket = begin_attempt(context, int(body["run_id"]), dict(body["permissions"]))
    else:
        ticket = begin_run(context, NewRun(**body))
    return 201, {
        **run_facts(ticket.run),
        "environment": run_environment(origin, ticket),
        "token": ticket.token,
    }


def _finish_run(context: AppContext, _: str, body: Mapping[str, Any]) -> Answer:
    return 200, run_facts(
        end_run(context, int(body["run_id"]), str(body["conclusion"]))
    )


def _record_job(context: AppContext, _: str, body: Mapping[str, Any]) -> Answer:
    steps = [Step(**step) for step in body.get("steps", ())]
    job = context.runs.record_job(
        context.runs.get(int(body["run_id"])),
        str(body["name"]),
        str(body["conclusion"]),
        steps,
    )
    return 201, {"id": job.id}


def _switch_workflow(context: AppContext, _: str, body: Mapping[str, Any]) -> Answer:
    workflow = context.workflows.switch(str(body["file"]), WorkflowState(body["state"]))
    return 200, {"path": workflow.path, "state": workflow.state.value}


def _read_clock(context: AppContext, _: str, __: Mapping[str, Any]) -> Answer:
    return 200, {"now": context.clock.now().isoformat()}


def _move_clock(context: AppContext, origin: str, body: Mapping[str, Any]) -> Answer:
    if not isinstance(context.clock, SteerableClock):
        raise ApiProblem(409, "The server goes by the machine's clock")
    if "set" in body:
        context.clock.set(datetime.fromisoformat(str(body["set"])))
    context.clock.advance(timedelta(seconds=float(body.get("advance_seconds", 0))))
    return _read_clock(context, origin, body)


def _expire_artifact(context: AppContext, _: str, body: Mapping[str, Any]) -> Answer:
    instant = context.clock.now() - timedelta(days=float(body.get("days", 0)))
    context.artifacts.expire(int(body["artifact_id"]), instant)
    return 200, {"expires_at": instant.isoformat()}


def _add_fault(context: AppContext, _: str, body: Mapping[str, Any]) -> Answer:
    unknown = set(body) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    context.faults.add(Fault(**body))
    return 201, {}


def _clear_faults(context: AppContext, _: str, __: Mapping[str, Any]) -> Answer:
    context.faults.clear()
    return 200, {}


def run_facts(run: Run) -> dict[str, object]:
    """What a program that began a run needs to know of it."""
    return {
        "run_id": run.id,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "status": run.status,
    }


_ENDPOINTS: dict[
    tuple[str, str], Callable[[AppContext, str, Mapping[str, Any]], Answer]
] = {
    ("POST", "runs"): _begin_run,
    ("POST", "runs/finish"): _finish_run,
    ("POST", "jobs"): _record_job,
    ("POST", "workflows"): _switch_workflow,
    ("GET", "clock"): _read_clock,
    ("POST", "clock"): _move_clock,
    ("POST", "artifacts/expire"): _expire_artifact,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
}
