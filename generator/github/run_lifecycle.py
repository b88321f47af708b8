"""Beginning and ending runs: the record, and the credentials that live as long as it goes on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from .context import AppContext
from .core.models import NewRun, Run, RunTicket
from .core.tokens import Grant, RuntimeClaims
from .storage.artifacts import MAX_RETENTION_DAYS


def begin_run(context: AppContext, new: NewRun) -> RunTicket:
    """Enter a run and give out its tokens.

    A fork's pull request gets no right to write, whatever it asks for.
    """
    return _ticket(context, context.runs.begin(new), new.permissions)


def begin_attempt(
    context: AppContext, run_id: int, permissions: Mapping[str, str]
) -> RunTicket:
    """Run a finished run again; KeyError for one that is not known or not finished."""
    return _ticket(context, context.runs.begin_attempt(run_id), permissions)


def end_run(context: AppContext, run_id: int, conclusion: str) -> Run:
    """Enter how a run ended, end its tokens, drop what it left half way.

    KeyError for one that is not known.
    """
    run = context.runs.finish(run_id, conclusion)
    context.tokens.end_run(run_id)
    context.artifacts.drop_pending(run_id)
    return run


def run_environment(origin: str, ticket: RunTicket) -> dict[str, str]:
    """The variables a step of the run finds, the token apart, which reaches it as a secret.

    GITHUB_SERVER_URL is not among them: with any host but github.com the clients turn
    to the protocols of GitHub Enterprise Server, which has no artifact service.
    """
    run = ticket.run
    return {
        "GITHUB_API_URL": origin,
        "GITHUB_GRAPHQL_URL": f"{origin}/graphql",
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_RUN_NUMBER": str(run.number),
        "GITHUB_RUN_ATTEMPT": str(run.attempt),
        "GITHUB_RETENTION_DAYS": str(MAX_RETENTION_DAYS),
        "ACTIONS_RESULTS_URL": f"{origin}/",
        "ACTIONS_CACHE_URL": f"{origin}/",
        "ACTIONS_CACHE_SERVICE_V2": "true",
        "ACTIONS_RUNTIME_URL": f"{origin}/",
        "ACTIONS_RUNTIME_TOKEN": ticket.runtime_token,
    }


def _ticket(context: AppContext, run: Run, permissions: Mapping[str, str]) -> RunTicket:
    outsider = (
        run.event == "pull_request"
        and run.head_repository_id != context.runs.repository_id
    )
    granted = {
        scope: "read" if outsider and level == "write" else level
        for scope, level in permissions.items()
    }
    claims = RuntimeClaims(run.backend_id, str(uuid.uuid4()), run.id, run.attempt)
    return RunTicket(
        run=run,
        token=context.tokens.issue(Grant(run.id, granted)),
        runtime_token=context.tokens.runtime_token(claims, context.clock.now()),
    )
