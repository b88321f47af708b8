"""Gathers what a run that has ended did to the state, from what really lies there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...github.core.models import Run
from ...github.local_github import LocalGitHub
from ...runner.models import Conclusion, RunResult
from ..timeline.records import TimedEvent
from .live_run import LiveRun
from .records import KeptArtifact, PlayedRun, PlayedStep

LAST_LINES = 12


@dataclass(slots=True)
class Playing:
    """A run that is going on, and what the timeline says of it.

    `number` is the event's place in the scenario; `held` is what lay in the stores when
    it began.
    """

    live: LiveRun
    number: int
    event: TimedEvent
    begun: datetime
    held: frozenset[str]
    trained_at: datetime | None = None


def collect_run(
    playing: Playing, local_github: LocalGitHub, stored: frozenset[str]
) -> PlayedRun:
    """Return the record of a run; `stored` are the hashes that the stores hold now."""
    live, event, run = playing.live, playing.event, playing.live.run
    if run is None:  # pragma: no cover - a run that ends without an error has begun
        raise AssertionError("a run ended before it began")
    after = live.read_written()
    written = after.get("files")
    found = live.read_found()
    learnt = set((written or {}).values()).difference((found or {}).values())
    conclusion, problem, seconds = Conclusion.FAILURE, "its runner was lost", 0.0
    steps: tuple[PlayedStep, ...] = ()
    if live.result is not None:
        conclusion, problem = live.result.conclusion, live.result.problem
        seconds = live.result.duration_seconds
        steps = _list_steps(live.result)
    return PlayedRun(
        event=playing.number,
        workflow=run.workflow_path,
        number=run.number,
        attempt=run.attempt,
        run_id=run.id,
        due=event.due or event.at,
        begun=playing.begun,
        ended=local_github.clock.now(),
        conclusion=conclusion,
        is_trusted=event.event != "pull_request",
        trained_at=playing.trained_at,
        found=found,
        written=written,
        exit_code=after.get("exit_code"),
        count=after.get("count", 0),
        saved=stored & learnt,
        held=playing.held,
        artifacts=_list_artifacts(local_github, run),
        steps=steps,
        seconds=seconds,
        problem=problem,
    )


def _list_artifacts(local_github: LocalGitHub, run: Run) -> tuple[KeptArtifact, ...]:
    kept = []
    for artifact in local_github.list_artifacts(run.id):
        if artifact.attempt != run.attempt:
            continue
        created, expires = artifact.created_at, artifact.expires_at
        size = artifact.size_bytes
        kept.append(KeptArtifact(artifact.name, size, created, expires))
    return tuple(kept)


def _list_steps(result: RunResult) -> tuple[PlayedStep, ...]:
    steps = []
    for job in result.jobs:
        for step in job.steps:
            output: tuple[str, ...] = ()
            if Conclusion.FAILURE in {step.conclusion, step.outcome}:
                output = step.output[-LAST_LINES:]
            steps.append(
                PlayedStep(
                    job.name,
                    step.name,
                    step.conclusion,
                    step.duration_seconds,
                    output,
                )
            )
    return tuple(steps)
