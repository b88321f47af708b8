"""The request for a run and the result of it, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..github.core.models import Artifact, Run


class Conclusion(StrEnum):
    """How a step, a job or a run ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class ActionChoice(StrEnum):
    """Where actions come from.

    AUTO is upstream where it can be had, and a stand-in where not.
    """

    AUTO = "auto"
    STAND_IN = "stand-in"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The request for one run.

    `root` is the repository, `workflow` counts from it. `variables` are given besides
    the repository's own. `environment` holds variables of the runner;
    `environment_secrets` and `environment_variables` are those of GitHub environments,
    by their names. `branch` is what was pushed to, what a schedule or a dispatch runs
    on, or the base of a pull request; None is the branch that is checked out (the
    default branch for a schedule and for a base). `tag` is pushed in place of a branch,
    `activity` is what happens to a pull request ("" is `opened`). `head_branch` and
    `from_fork` are a pull request's. `rerun_number` is the number of a finished run that is to
    have another attempt; its event then counts, not `event`.
    """

    root: Path
    workflow: Path
    event: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_secrets: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, repr=False
    )
    environment_variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    branch: str | None = None
    tag: str = ""
    activity: str = ""
    head_branch: str = "topic"
    from_fork: bool = False
    cron: str | None = None
    job: str | None = None
    rerun_number: int | None = None
    actor: str = "local"
    repository: str | None = None
    actions: ActionChoice = ActionChoice.AUTO
    actions_folder: Path | None = None
    state_folder: Path | None = None  # None: `.wfgen` in the repository
    virtualenvs_folder: Path | None = None  # None: below the state folder
    fork_server: Path | None = None  # None: each stand-in starts a Python of its own


@dataclass(frozen=True, slots=True)
class Annotation:
    """A warning, an error or a notice that a step wrote."""

    level: str
    message: str
    job: str
    step: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended; `outcome` is what came before `continue-on-error` forgave it."""

    name: str
    conclusion: Conclusion
    duration_seconds: float
    outcome: Conclusion
    id: str = ""
    summary: str = ""
    output: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job, or one job of a matrix, ended."""

    id: str
    name: str
    conclusion: Conclusion
    steps: tuple[StepResult, ...]
    duration_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    `restored_from` are the ids of the runs whose artifacts, or state kept elsewhere, it
    fetched; `pushed_commit` the commit of an earlier run that it started from, "" for
    none. `summary` is what the training wrote into its summary.json. `stand_ins` are
    the actions that wfgen played itself. `problem` says why the run failed beyond what
    its steps show, and is "" where they show it.
    """

    run: Run
    conclusion: Conclusion
    jobs: tuple[JobResult, ...]
    artifacts: tuple[Artifact, ...]
    restored_from: tuple[int, ...]
    summary: Mapping[str, Any] | None
    stand_ins: tuple[str, ...]
    annotations: tuple[Annotation, ...]
    duration_seconds: float
    log: Path
    notes: tuple[str, ...] = ()
    problem: str = ""
    pushed_commit: str = ""
