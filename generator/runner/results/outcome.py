"""What is to be told of a run besides its steps.

Where its state came from, what it learnt, why it failed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ToolFailedError
from ...github.core.models import Run
from ...github.local_github import LocalGitHub
from ...process import Completed
from ..act.invocation import Prepared, Under
from ..act.log_reader import LogReader
from ..models import Conclusion, JobResult, RunResult
from ..redaction import Redactor

LOGS_ARTIFACT = "training-logs"
SUMMARY_NAME = "summary.json"
# The step of the rendered workflow that finds the state, and what it says.
STATE_STEP = "state"
STATE_OUTPUT = "run-id"


def origins(
    local_github: LocalGitHub, run: Run, jobs: tuple[JobResult, ...]
) -> tuple[int, ...]:
    """The runs whose state this one continued.

    By what it downloaded, and by what the rendered search step says.

    State in a release, on a branch or in the cache leaves no download of an artifact.
    """
    fetched = dict.fromkeys(
        artifact.run_id for artifact in local_github.downloads(run.id)
    )
    found: dict[int, None] = {}
    known = {str(other.id): other.id for other in local_github.runs()}
    for job in jobs:
        for step in job.steps:
            named = step.outputs.get(STATE_OUTPUT, "") if step.id == STATE_STEP else ""
            if named in known and step.conclusion is Conclusion.SUCCESS:
                found[known[named]] = None
    # Downloads are entered for a run, whichever attempt made them: of a later one the
    # step knows better.
    return tuple(found if found and run.attempt > 1 else {**fetched, **found})


def problem_of(
    jobs: tuple[JobResult, ...],
    completed: Completed,
    reader: LogReader,
    redact: Redactor,
) -> str:
    """Why a run failed beyond what its steps show; empty where nothing is to be added."""
    if completed.exit_code < 0:
        raise ToolFailedError(f"act was ended by signal {-completed.exit_code}")
    said = [
        *reader.troubles,
        *(
            line
            for line in redact(completed.stderr).splitlines()
            if line.startswith("Error")
        ),
    ]
    steps = [step.conclusion for job in jobs for step in job.steps]
    if not set(steps) - {Conclusion.SKIPPED}:
        return "no step ran" + (f": {said[-1]}" if said else "")
    explained = (
        any(job.conclusion is Conclusion.FAILURE for job in jobs)
        and Conclusion.CANCELLED not in steps
    )
    if completed.exit_code and not explained:
        return (
            said[-1].removeprefix("Error: ")
            if said
            else f"act ended with exit code {completed.exit_code}"
        )
    return ""


def log_of(prepared: Prepared, run: Run) -> Path:
    """Where the log of a run is."""
    return prepared.state / "logs" / f"{run.id}.jsonl"


def superseded(
    prepared: Prepared, under: Under, group: str, seconds: float
) -> RunResult:
    """The result of a run that never began, as a newer one waits in its place."""
    run = under.local_github.finish_run(under.ticket.run.id, Conclusion.CANCELLED.value)
    log = log_of(prepared, run)
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
        notes=notes_of(prepared, ()),
        problem=f"a newer run of the concurrency group {group} waits in its place",
    )


def notes_of(prepared: Prepared, missing: tuple[str, ...]) -> tuple[str, ...]:
    """What was otherwise than on GitHub, or than was asked for."""
    request = prepared.request
    notes = [f"act knows no {key}: run without it" for key in missing]
    if prepared.repository.made_up:
        notes.append("no commit here: the run has a made-up sha")
    if (request.environment_secrets or request.environment_variables) and any(
        "${{" in job.environment for job in prepared.plan.jobs
    ):
        notes.append(
            "a job whose environment is an expression gets no secrets and variables of environments here"
        )
    foreign = [
        label
        for label in prepared.plan.labels
        if label.startswith(("windows-", "macos-"))
    ]
    if foreign:
        notes.append(f"{', '.join(foreign)}: run on this machine all the same")
    if not prepared.trigger.trusted and (
        request.secrets or request.environment_secrets
    ):
        notes.append("a pull request from a fork gets no secrets")
    return tuple(notes)


def training_summary(local_github: LocalGitHub, run: Run) -> Mapping[str, Any] | None:
    """What the training says it did, from the newest artifact of its logs."""
    for artifact in reversed(local_github.artifacts(run.id)):
        if artifact.name != LOGS_ARTIFACT or artifact.expired:
            continue
        try:
            with zipfile.ZipFile(local_github.artifact_path(artifact.id)) as archive:
                found = json.loads(archive.read(SUMMARY_NAME))
        except (KeyError, OSError, ValueError, zipfile.BadZipFile):
            return None
        return found if isinstance(found, dict) else None
    return None
