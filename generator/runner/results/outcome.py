"""How a run ended, besides its steps: where its state came from and why it failed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...errors import ToolFailedError
from ...github.core.models import Run, Step
from ...github.local_github import LocalGitHub
from ...process import Completed
from ...workflow.expressions import has_expression
from ..act.log_reader import LogReader
from ..models import Conclusion, JobResult, RunResult, StepResult
from ..plan import ActiveRun, RunPlan
from ..redaction import Redactor
from .training import read_summary

# The step of the rendered workflow that finds the state, and what it says.
STATE_STEP = "state"
STATE_OUTPUT = "run-id"
_OTHER_SYSTEMS = ("windows-", "macos-")


@dataclass(frozen=True, slots=True)
class ActExecution:
    """How act did: `began` is a time.monotonic(), `unsupported` what it went without."""

    completed: Completed
    reader: LogReader
    redact: Redactor
    unsupported: tuple[str, ...]
    began: float


def record_result(
    plan: RunPlan, active: ActiveRun, execution: ActExecution
) -> RunResult:
    """Enter how the run ended, and gather its result."""
    local_github, run_id = active.local_github, active.run.id
    jobs = execution.reader.collect_results()
    problem = find_problem(jobs, execution)
    conclusion = Conclusion.SUCCESS
    if problem or execution.completed.exit_code or has_failure(jobs):
        conclusion = Conclusion.FAILURE
    for job in jobs:
        steps = [_make_step(step) for step in job.steps]
        local_github.record_job(run_id, job.name, job.conclusion.value, steps)
    run = local_github.finish_run(run_id, conclusion.value)
    return RunResult(
        run=run,
        conclusion=conclusion,
        jobs=jobs,
        artifacts=local_github.list_artifacts(run.id),
        restored_from=find_origins(local_github, run, jobs),
        summary=read_summary(local_github, run),
        stand_ins=active.sources.stand_ins,
        annotations=execution.reader.annotations,
        duration_seconds=time.monotonic() - execution.began,
        log=plan.get_log_path(active.run),
        notes=(*list_notes(plan, execution.unsupported), *active.notes),
        problem=problem,
    )


def record_superseded(
    plan: RunPlan, active: ActiveRun, group: str, seconds: float
) -> RunResult:
    """Enter a run that never began, as a newer one waits in its place."""
    run = active.local_github.finish_run(active.run.id, Conclusion.CANCELLED.value)
    log = plan.get_log_path(run)
    log.parent.mkdir(exist_ok=True)
    log.touch()
    return RunResult(
        run=run,
        conclusion=Conclusion.CANCELLED,
        jobs=(),
        artifacts=(),
        restored_from=(),
        summary=None,
        stand_ins=(),
        annotations=(),
        duration_seconds=seconds,
        log=log,
        notes=list_notes(plan, ()),
        problem=f"a newer run of the concurrency group {group} waits in its place",
    )


def _make_step(step: StepResult) -> Step:
    return Step(step.name, step.conclusion.value, step.duration_seconds)


def has_failure(jobs: tuple[JobResult, ...]) -> bool:
    """Whether any job failed."""
    return any(job.conclusion is Conclusion.FAILURE for job in jobs)


def find_origins(
    local_github: LocalGitHub, run: Run, jobs: tuple[JobResult, ...]
) -> tuple[int, ...]:
    """Find the runs whose state this one continued, by their ids.

    By what it downloaded, and by what the rendered search step says: state in a
    release, on a branch or in the cache leaves no download of an artifact.
    """
    named = dict.fromkeys(_list_named_origins(local_github, jobs))
    # Downloads are entered for a run, whichever attempt made them: of a later one the
    # step knows better.
    if named and run.attempt > 1:
        return tuple(named)
    downloads = local_github.list_downloads(run.id)
    fetched = dict.fromkeys(artifact.run_id for artifact in downloads)
    return tuple(fetched | named)


def _list_named_origins(
    local_github: LocalGitHub, jobs: tuple[JobResult, ...]
) -> list[int]:
    known_ids = {str(run.id): run.id for run in local_github.list_runs()}
    origins = []
    for job in jobs:
        for step in job.steps:
            if step.id != STATE_STEP or step.conclusion is not Conclusion.SUCCESS:
                continue
            run_id = known_ids.get(step.outputs.get(STATE_OUTPUT, ""))
            if run_id is not None:
                origins.append(run_id)
    return origins


def find_problem(jobs: tuple[JobResult, ...], execution: ActExecution) -> str:
    """Say why a run failed beyond what its steps show; empty where nothing is to be added.

    Raises ToolFailedError where a signal ended act.
    """
    completed = execution.completed
    if completed.exit_code < 0:
        raise ToolFailedError(f"act was ended by signal {-completed.exit_code}")
    message = _find_last_message(execution)
    steps: set[Conclusion] = set()
    for job in jobs:
        steps.update(step.conclusion for step in job.steps)
    if not steps - {Conclusion.SKIPPED}:
        if message:
            return f"no step ran: {message}"
        return "no step ran"
    is_explained = has_failure(jobs) and Conclusion.CANCELLED not in steps
    if not completed.exit_code or is_explained:
        return ""
    if message:
        return message.removeprefix("Error: ")
    return f"act ended with exit code {completed.exit_code}"


def _find_last_message(execution: ActExecution) -> str:
    """Return the last that act said of itself, "" where it said nothing."""
    messages = list(execution.reader.act_messages)
    lines = execution.redact(execution.completed.stderr).splitlines()
    messages += [line for line in lines if line.startswith("Error")]
    if not messages:
        return ""
    return messages[-1]


def list_notes(plan: RunPlan, unsupported: tuple[str, ...]) -> tuple[str, ...]:
    """Say what was otherwise than on GitHub, or than was asked for."""
    request = plan.request
    notes = [f"act knows no {key}: run without it" for key in unsupported]
    if plan.repository.made_up:
        notes.append("no commit here: the run has a made-up sha")
    has_values = request.environment_secrets or request.environment_variables
    if has_values and _has_computed_environment(plan):
        notes.append(
            "a job whose environment is an expression gets no secrets and variables "
            "of environments here"
        )
    labels = plan.workflow.labels
    foreign = [label for label in labels if label.startswith(_OTHER_SYSTEMS)]
    if foreign:
        notes.append(f"{', '.join(foreign)}: run on this machine all the same")
    has_secrets = request.secrets or request.environment_secrets
    if has_secrets and not plan.event.trusted:
        notes.append("a pull request from a fork gets no secrets")
    return tuple(notes)


def _has_computed_environment(plan: RunPlan) -> bool:
    return any(has_expression(job.environment) for job in plan.workflow.jobs)
