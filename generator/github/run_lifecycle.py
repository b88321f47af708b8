"""Beginning and ending runs: their records, and the credentials that end with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from .context import AppContext
from .core.models import NewRun, Run, RunTicket
from .core.tokens import Grant, RuntimeClaims
from .storage.artifacts import MAX_RETENTION_DAYS


def begin_run(context: AppContext, new: NewRun) -> RunTicket:
    """Enter a run and create its tokens."""
    return _make_ticket(context, context.runs.begin(new), new.permissions)


def begin_attempt(
    context: AppContext, run_id: int, permissions: Mapping[str, str]
) -> RunTicket:
    """Run a finished run again; KeyError for one that is unknown or not finished."""
    return _make_ticket(context, context.runs.begin_attempt(run_id), permissions)


def end_run(context: AppContext, run_id: int, conclusion: str) -> Run:
    """Enter how a run ended, end its tokens, drop uploads that it did not finish.

    KeyError for a run that is unknown.
    """
    run = context.runs.finish(run_id, conclusion)
    context.tokens.end_run(run_id)
    context.artifacts.drop_pending(run_id)
    return run


def close_abandoned_runs(context: AppContext) -> None:
    """Enter runs as cancelled whose server was killed: nobody has their tokens any more."""
    # In this order: whichever server a run names held its lock before the run was there.
    servers = context.runs.list_unfinished()
    living = context.presence.list_living()
    for run_id, server_id in servers.items():
        if server_id not in living:
            end_run(context, run_id, "cancelled")


def run_environment(origin: str, ticket: RunTicket) -> dict[str, str]:
    """The variables that a step of the run finds.

    The REST token is not among them; it reaches a step as a secret.
    """
    run = ticket.run
    # No GITHUB_SERVER_URL: with any host but github.com the clients turn to the protocols
    # of GitHub Enterprise Server, which has no artifact service.
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


def create_job_token(
    context: AppContext, run: Run, permissions: Mapping[str, str]
) -> str:
    """A token with the rights of one job, which ends with the run."""
    grant = Grant(run.id, _limit_permissions(context, run, permissions))
    return context.tokens.create_token(grant)


def _make_ticket(
    context: AppContext, run: Run, permissions: Mapping[str, str]
) -> RunTicket:
    # A run here is one job to the services, with a new id in each attempt.
    claims = RuntimeClaims(run.backend_id, str(uuid.uuid4()), run.id, run.attempt)
    grant = Grant(run.id, _limit_permissions(context, run, permissions))
    return RunTicket(
        run=run,
        token=context.tokens.create_token(grant),
        runtime_token=context.tokens.create_runtime_token(claims, context.clock.now()),
    )


def _limit_permissions(
    context: AppContext, run: Run, permissions: Mapping[str, str]
) -> Mapping[str, str]:
    """The permissions a run gets; a fork's pull request may only read, as on GitHub."""
    is_from_fork = run.head_repository_id != context.runs.repository_id
    if run.event != "pull_request" or not is_from_fork:
        return dict(permissions)
    granted = {}
    for scope, level in permissions.items():
        granted[scope] = level
        if level == "write":
            granted[scope] = "read"
    return granted
