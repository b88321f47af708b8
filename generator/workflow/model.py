"""A workflow as checks, runner and documentation read it: frozen records with positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .source import Position, YamlDocument

# What GitHub gives a job without `timeout-minutes`
# (docs.github.com, "Workflow syntax", jobs.<job_id>.timeout-minutes).
DEFAULT_TIMEOUT_MINUTES = 360.0
_LEVELS = {"none": 0, "read": 1, "write": 2}


@dataclass(frozen=True, slots=True)
class DispatchInput:
    """An input of `workflow_dispatch`; `default` and `options` are as YAML has them."""

    name: str
    type: str
    default: object
    required: bool
    options: tuple[object, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Schedule:
    """One entry of `schedule`."""

    cron: str
    timezone: str
    position: Position


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event of `on`, with its filters; what an event cannot have is empty."""

    event: str
    position: Position
    branches: tuple[str, ...] = ()
    branches_ignore: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tags_ignore: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    paths_ignore: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    inputs: Mapping[str, DispatchInput] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Concurrency:
    """A `concurrency` block as written; `queue` is "" or "max"."""

    group: str
    cancel_in_progress: str
    queue: str
    position: Position


@dataclass(frozen=True, slots=True)
class Matrix:
    """The `matrix` of a job; `axes` is None where a run works it out by an expression."""

    axes: Mapping[str, tuple[object, ...]] | None
    include: tuple[object, ...]
    position: Position

    @property
    def max_jobs(self) -> int | None:
        """How many jobs it makes at most: `exclude` and merging includes make it fewer.

        None where that is worked out in the run.
        """
        if self.axes is None:
            return None
        combinations = 0
        if self.axes:
            combinations = math.prod(len(values) for values in self.axes.values())
        return max(1, combinations + len(self.include))


@dataclass(frozen=True, slots=True)
class Step:
    """A step as written: texts may hold expressions, what is not there is ""."""

    id: str  # its place in the job, from 0, where it has none
    name: str
    uses: str
    run: str
    condition: str
    position: Position

    @property
    def title(self) -> str:
        """What GitHub's log calls the step."""
        if self.name:
            return self.name
        if self.uses:
            return f"Run {self.uses}"
        lines = self.run.strip().splitlines()
        if not lines:
            return "Run"
        return f"Run {lines[0]}"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as written.

    `uses` is the reusable workflow that it calls, "" where it has steps of its own.
    `labels` is every label that its `runs-on` can come to; `permissions` are its own or
    the workflow's, by scope; `environment` is the name of its GitHub environment.
    """

    id: str
    name: str
    uses: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...]
    condition: str
    labels: tuple[str, ...]
    matrix: Matrix | None
    permissions: Mapping[str, str]
    concurrency: Concurrency | None
    environment: str
    timeout_minutes: float
    needs_container: bool
    position: Position

    @property
    def max_jobs(self) -> int | None:
        """How many jobs it makes at most, None where that is worked out in the run."""
        if self.matrix is None:
            return 1
        return self.matrix.max_jobs


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file; `path` counts from the root of its repository."""

    path: Path
    name: str
    triggers: Mapping[str, Trigger]
    jobs: tuple[Job, ...]
    concurrency: Concurrency | None
    document: YamlDocument = field(repr=False)

    @property
    def dispatch_inputs(self) -> Mapping[str, DispatchInput]:
        """The inputs of `workflow_dispatch`, by name."""
        trigger = self.triggers.get("workflow_dispatch")
        if trigger is None:
            return {}
        return trigger.inputs

    @property
    def crons(self) -> tuple[str, ...]:
        """The cron lines of `schedule`."""
        trigger = self.triggers.get("schedule")
        if trigger is None:
            return ()
        return tuple(schedule.cron for schedule in trigger.schedules)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that a job can ask for, each once."""
        labels: dict[str, None] = {}
        for job in self.jobs:
            labels.update(dict.fromkeys(job.labels))
        return tuple(labels)

    @property
    def token_permissions(self) -> Mapping[str, str]:
        """What one token for the whole run may do: all that any job may.

        On GitHub each job has a token of its own.
        """
        union: dict[str, str] = {}
        for job in self.jobs:
            for scope, level in job.permissions.items():
                if _LEVELS.get(level, 0) > _LEVELS[union.get(scope, "none")]:
                    union[scope] = level
        return union
