"""How a run ended, besides its steps: where its state came from and why it failed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...github.core.models import Run
from ...github.local_github import LocalGitHub
from ..jobs.records import FinishedJob, combine_conclusions, make_job_without_steps
from ..models import Annotation, Conclusion, JobResult, RunResult
from ..plan import ActiveRun, RunPlan
from .training import read_summary

# The step of the rendered workflow that finds the state, and what it says.
STATE_STEP = "state"
STATE_OUTPUT = "run-id"
_OTHER_SYSTEMS = ("windows-", "macos-")


@dataclass(frozen=True, slots=True)
class JobsOutcome:
    """What came of the jobs of a run: `began` is a time.monotonic().

    `unsupported` is what act went without.
    """

    jobs: tuple[FinishedJob, ...]
    is_cancelled: bool
    unsupported: tuple[str, ...]
    began: float


def record_result(plan: RunPlan, active: ActiveRun, outcome: JobsOutcome) -> RunResult:
    """Enter how the run ended, and gather its result."""
    local_github, run_id = active.local_github, active.run.id
    jobs: list[JobResult] = []
    annotations: list[Annotation] = []
    problems: list[str] = []
    for finished in outcome.jobs:
        if not finished.legs:
            job = finished.job
            skipped = make_job_without_steps(job, job.name, Conclusion.SKIPPED)
            jobs.append(skipped)
        for leg in finished.legs:
            jobs += leg.jobs
            annotations += leg.annotations
            if leg.problem:
                problems.append(leg.problem)
    conclusion = _conclude(outcome)
    if conclusion is Conclusion.SKIPPED:
        problems.append("no step ran: every job was skipped")
    run = local_github.finish_run(run_id, conclusion.value)
    return RunResult(
        run=run,
        conclusion=conclusion,
        jobs=tuple(jobs),
        artifacts=local_github.list_artifacts(run.id),
        restored_from=find_origins(local_github, run, tuple(jobs)),
        summary=read_summary(local_github, run),
        stand_ins=active.sources.stand_ins,
        annotations=tuple(annotations),
        duration_seconds=time.monotonic() - outcome.began,
        log=plan.get_log_path(active.run),
        notes=(*list_notes(plan, outcome.unsupported), *active.notes),
        problem="; ".join(dict.fromkeys(problems)),
        pushed_commit=plan.repository.sha if plan.repository.local_sha else "",
    )


def _conclude(outcome: JobsOutcome) -> Conclusion:
    results = [finished.needed.result for finished in outcome.jobs]
    conclusion = combine_conclusions(results)
    if outcome.is_cancelled and conclusion is not Conclusion.FAILURE:
        return Conclusion.CANCELLED
    return conclusion


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


def list_notes(plan: RunPlan, unsupported: tuple[str, ...]) -> tuple[str, ...]:
    """Say what was otherwise than on GitHub, or than was asked for."""
    request = plan.request
    notes = [f"act knows no {key}: run without it" for key in unsupported]
    if plan.repository.made_up:
        notes.append("no commit here: the run has a made-up sha")
    if plan.repository.local_sha:
        notes.append(
            f"starts from {plan.repository.sha[:7]}, which a run pushed to "
            f"{plan.repository.branch}, with the working folder on top"
        )
    labels = plan.workflow.labels
    foreign = [label for label in labels if label.startswith(_OTHER_SYSTEMS)]
    if foreign:
        notes.append(f"{', '.join(foreign)}: run on this machine all the same")
    has_secrets = request.secrets or request.environment_secrets
    if has_secrets and not plan.event.trusted:
        notes.append("a pull request from a fork gets no secrets")
    return tuple(notes)
