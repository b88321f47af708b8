"""What really happened in a simulation, run by run, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...runner.models import Conclusion
from ..timeline.records import Scenario, TimedEvent


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """An artifact as the run left it; `expires_at` is by the virtual clock."""

    name: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PlayedStep:
    """A step of a run, with the end of what it wrote where it failed."""

    job: str
    name: str
    conclusion: Conclusion
    seconds: float
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayedRun:
    """One run: `event` is which of the scenario's, from 0.

    `found` and `written` are the files of the state, with git's hash of each, before
    and after the training; None where no training was reached. `exit_code` is the
    training's, `count` how far a counter in its place has come. `saved` are the hashes
    of `written` that some store held when the run had ended, `held` those of all that
    lay in the stores when it began. `trained_at` is when the training began.
    `is_trusted` says that the run is of the repository's own default branch.
    """

    event: int
    workflow: str
    number: int
    attempt: int
    run_id: int
    due: datetime
    begun: datetime
    ended: datetime
    conclusion: Conclusion
    is_trusted: bool
    trained_at: datetime | None
    found: Mapping[str, str] | None
    written: Mapping[str, str] | None
    exit_code: int | None
    count: int
    saved: frozenset[str]
    held: frozenset[str]
    artifacts: tuple[KeptArtifact, ...]
    steps: tuple[PlayedStep, ...]
    seconds: float
    problem: str = ""

    @property
    def title(self) -> str:
        """What it is called in messages."""
        if self.attempt > 1:
            return f"run #{self.number} (attempt {self.attempt})"
        return f"run #{self.number}"

    @property
    def learnt(self) -> frozenset[str]:
        """The hashes of what its training wrote anew."""
        if self.written is None:
            return frozenset()
        before = frozenset((self.found or {}).values())
        return frozenset(self.written.values()) - before


@dataclass(frozen=True, slots=True)
class MissedEvent:
    """A scheduled update that did not come about: which event, and why."""

    event: int
    why: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """A timeline as it was played.

    `has_sites` says whether a command that trains was found; `restores` are the titles
    of the steps that fetch state.
    """

    scenario: Scenario
    runs: tuple[PlayedRun, ...]
    missed: tuple[MissedEvent, ...]
    notes: tuple[str, ...]
    is_modelled: bool
    has_sites: bool
    restores: frozenset[str] = frozenset()

    def get_event(self, run: PlayedRun) -> TimedEvent:
        """Return what started a run."""
        return self.scenario.events[run.event]


def write_run(run: PlayedRun, event: TimedEvent) -> dict[str, Any]:
    """Return a run for `--json`; instants are ISO."""
    trained_at = None
    if run.trained_at is not None:
        trained_at = run.trained_at.isoformat()
    artifacts = [_write_artifact(artifact) for artifact in run.artifacts]
    return {
        "workflow": run.workflow,
        "number": run.number,
        "attempt": run.attempt,
        "event": event.event,
        "from_fork": event.from_fork,
        "fault": event.fault.value,
        "due": run.due.isoformat(),
        "begun": run.begun.isoformat(),
        "trained_at": trained_at,
        "ended": run.ended.isoformat(),
        "conclusion": run.conclusion.value,
        "problem": run.problem,
        "state_found": bool(run.found),
        "state_saved": bool(run.learnt) and run.learnt <= run.saved,
        "training_exit_code": run.exit_code,
        "artifacts": artifacts,
    }


def _write_artifact(artifact: KeptArtifact) -> dict[str, Any]:
    return {
        "name": artifact.name,
        "size_bytes": artifact.size_bytes,
        "created_at": artifact.created_at.isoformat(),
        "expires_at": artifact.expires_at.isoformat(),
    }
