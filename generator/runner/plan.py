"""What is settled before a run begins, and what there is of it once it has begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import SettingsError, WorkflowProblemError
from ..github.core.models import NewRun, Run, RunTicket
from ..github.local_github import LocalGitHub
from ..locks import hold_folder_lock
from ..process import Runner
from ..workflow.calls import check_calls
from ..workflow.evaluation.checking import check_expressions
from ..workflow.expressions import has_expression
from ..workflow.model import Job, Workflow
from ..workflow.parser import read_workflow
from ..workflow.reusable import list_actions
from .actions.resolver import ActionSources
from .events import Event, choose_base, make_event
from .isolation.run_directory import RunFolders, prepare_state
from .isolation.source_tree import follow_branch
from .models import RunRequest
from .payloads.history import History, read_history
from .repository import Repository, list_changes, read_repository
from .workflow_files import check_enabled, register_workflow_files


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All that is settled before a run begins.

    `state` is the folder of what outlives runs. `actions` are those that the workflow
    uses. `previous` is the finished run whose next attempt this is. `environ` is the
    environment of wfgen itself.
    """

    request: RunRequest
    state: Path
    repository: Repository
    workflow: Workflow
    actions: tuple[str, ...]
    event: Event
    previous: Run | None
    environ: Mapping[str, str]

    @property
    def virtualenvs(self) -> Path:
        """The folder of the virtualenvs that runs take turns with."""
        return self.request.virtualenvs_folder or self.state / "environments"

    def get_log_path(self, run: Run) -> Path:
        """Return where the log of a run is."""
        return self.state / "logs" / f"{run.id}.jsonl"

    def list_jobs(self) -> tuple[Job, ...]:
        """Return the jobs to run: all, or one with all that it needs."""
        if self.request.job is None:
            return self.workflow.jobs
        jobs = {job.id: job for job in self.workflow.jobs}
        chosen: set[str] = set()
        waiting = [self.request.job]
        while waiting:
            job_id = waiting.pop()
            if job_id not in chosen:
                chosen.add(job_id)
                waiting += jobs[job_id].needs
        return tuple(job for job in self.workflow.jobs if job.id in chosen)

    def limit_permissions(self, permissions: Mapping[str, str]) -> dict[str, str]:
        """Return what a token may do: only read, in a pull request from a fork."""
        if self.event.trusted:
            return dict(permissions)
        return _reduce_permissions(permissions)

    def describe_new_run(self) -> NewRun:
        """Return what the local GitHub is to enter."""
        workflow, event = self.workflow, self.event
        permissions = self.limit_permissions(workflow.token_permissions)
        return NewRun(
            workflow_path=workflow.path.as_posix(),
            workflow_name=workflow.name,
            event=event.name,
            head_branch=event.head_branch,
            head_sha=event.sha,
            permissions=permissions,
            head_repository=event.head_repository,
            ref=event.ref,
            base_branch=event.environment.get("GITHUB_BASE_REF"),
        )


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run that is entered and has its folders."""

    folders: RunFolders
    local_github: LocalGitHub
    ticket: RunTicket
    sources: ActionSources
    source: Path
    """The folder that each job gets a copy of."""
    notes: tuple[str, ...] = ()

    @property
    def run(self) -> Run:
        """The run as it was entered."""
        return self.ticket.run


def choose_state_folder(request: RunRequest) -> Path:
    """Return where the runs of a repository keep what outlives them."""
    return request.state_folder or request.root / ".wfgen"


def make_plan(
    request: RunRequest,
    local_github: LocalGitHub,
    runner: Runner,
    environ: Mapping[str, str],
) -> RunPlan:
    """Settle everything about a run; raises WfgenError for what could not begin."""
    state = prepare_state(choose_state_folder(request))
    workflow = read_workflow(request.root, request.workflow)
    actions = list_actions(request.root, workflow)
    _check_containers(workflow)
    _check_job(workflow, request.job)
    check_needs(workflow)
    check_expressions(workflow)
    check_calls(request.root, workflow)
    check_environments(workflow, request)
    previous = _find_previous(local_github, workflow, request.rerun_number)
    if previous is not None:
        request = replace(request, event=previous.event)
    variables = {**local_github.get_variables(), **request.variables}
    request = replace(request, variables=variables)
    may_push = workflow.token_permissions.get("contents") == "write"
    repository, changes, history = _read_tip(
        request, local_github, runner, may_push=may_push
    )
    event = make_event(
        workflow,
        request,
        repository,
        changes,
        history=history,
        api=local_github.url,
    )
    register_workflow_files(local_github, repository.root)
    check_enabled(local_github, workflow)
    return RunPlan(
        request=request,
        state=state,
        repository=repository,
        workflow=workflow,
        actions=actions,
        event=event,
        previous=previous,
        environ=environ,
    )


def _read_tip(
    request: RunRequest, local_github: LocalGitHub, runner: Runner, *, may_push: bool
) -> tuple[Repository, list[str] | None, History | None]:
    """Return the repository at the tip of its branch, and what its last push brought."""
    repository = read_repository(request.root, runner, name=request.repository)
    remote = local_github.get_git_folder()
    is_on_branch = request.branch in {None, repository.branch} and not request.tag
    if is_on_branch and request.event != "pull_request":
        with hold_folder_lock(choose_state_folder(request)):
            repository = follow_branch(repository, remote, runner, may_push=may_push)
    known = repository.root
    if repository.local_sha:
        known = remote
    parent = repository.parent_sha
    changes = list_changes(known, runner, parent, repository.sha)
    history = None
    # What others tell needs no more than their commit.
    if request.event in {"push", "pull_request"}:
        base = choose_base(request, repository)
        history = read_history(known, runner, repository.sha, parent, base=base)
    return repository, changes, history


def check_environments(workflow: Workflow, request: RunRequest) -> None:
    """Raise SettingsError for values of an environment that no job of the workflow runs in."""
    names, lowercase_names = set(), set()
    for job in workflow.jobs:
        # An expression may come to any name.
        if has_expression(job.environment):
            return
        if job.environment:
            names.add(job.environment)
            # GitHub takes names that differ in case for the same.
            lowercase_names.add(job.environment.lower())
    for name in (*request.environment_secrets, *request.environment_variables):
        if name.lower() not in lowercase_names:
            listed = ", ".join(sorted(names)) or "none"
            raise SettingsError(
                f"no job of {workflow.path} runs in an environment {name}",
                hint=f"it names: {listed}",
            )


def check_needs(workflow: Workflow) -> None:
    """Raise WorkflowProblemError where a job needs one that is not there, or itself."""
    jobs = {job.id: job for job in workflow.jobs}
    ready: set[str] = set()
    for job in workflow.jobs:
        for name in job.needs:
            if name not in jobs:
                raise WorkflowProblemError(
                    f"{workflow.path}: job {job.id} needs {name}, which is no job here"
                )
    # As many rounds as there are jobs: each makes at least one more ready.
    for _ in workflow.jobs:
        for job in workflow.jobs:
            if ready.issuperset(job.needs):
                ready.add(job.id)
    stuck = [job.id for job in workflow.jobs if job.id not in ready]
    if stuck:
        raise WorkflowProblemError(
            f"{workflow.path}: {', '.join(stuck)} wait for each other by `needs`"
        )


def _check_containers(workflow: Workflow) -> None:
    for job in workflow.jobs:
        if job.needs_container:
            raise WorkflowProblemError(
                f"the job {job.id} wants containers, and host mode has none"
            )


def _check_job(workflow: Workflow, job_id: str | None) -> None:
    job_ids = [job.id for job in workflow.jobs]
    if job_id is not None and job_id not in job_ids:
        raise SettingsError(
            f"{workflow.path} has no job {job_id}",
            hint=f"its jobs: {', '.join(job_ids)}",
        )


def _find_previous(
    local_github: LocalGitHub, workflow: Workflow, number: int | None
) -> Run | None:
    """Find the run of this workflow to be run again.

    Raises SettingsError where there is none of that number.
    """
    if number is None:
        return None
    path = workflow.path.as_posix()
    for run in local_github.list_runs():
        if run.conclusion is None:
            continue
        if (run.workflow_path, run.number) == (path, number):
            return run
    raise SettingsError(
        f"{workflow.path} has no finished run #{number}",
        hint="`wfgen run` says the number of each run",
    )


def _reduce_permissions(permissions: Mapping[str, str]) -> dict[str, str]:
    """Return the permissions of a token that only reads."""
    reduced = {}
    for scope, level in permissions.items():
        reduced[scope] = "read" if level == "write" else level
    return reduced
