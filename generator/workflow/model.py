"""What a workflow file says about its own running: triggers, inputs, labels, actions, permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import yaml
import yamlcore

from ..errors import SettingsError, WorkflowProblemError
from .shape import misshapen

# What a workflow without `permissions` gets in a repository made today.
DEFAULT_PERMISSIONS = {"contents": "read", "packages": "read"}
SCOPES = (
    "actions", "attestations", "checks", "contents", "deployments", "discussions", "issues", "models", "packages",
    "pages", "pull-requests", "security-events", "statuses",
)  # fmt: skip
_RANK = {"none": 0, "read": 1, "write": 2}


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as written; `name` may hold expressions."""

    id: str
    name: str
    uses: str


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job as written.

    `times` it runs at the most by its matrix, None where that is worked out in the run.
    """

    id: str
    name: str
    steps: tuple[PlannedStep, ...]
    container: bool
    timeout_minutes: float
    times: int | None
    environment: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A workflow, read for running it."""

    path: Path
    name: str
    triggers: Mapping[str, Mapping[str, Any]]
    jobs: tuple[PlannedJob, ...]
    labels: tuple[str, ...]
    uses: tuple[str, ...]
    permissions: Mapping[str, str]
    raw: Mapping[str, Any]

    @property
    def dispatch_inputs(self) -> Mapping[str, Mapping[str, Any]]:
        """The inputs of `workflow_dispatch`, by name."""
        inputs = self.triggers.get("workflow_dispatch", {}).get("inputs") or {}
        return {name: value or {} for name, value in inputs.items()}

    @property
    def crons(self) -> tuple[str, ...]:
        """The cron lines of `schedule`."""
        entries = self.triggers.get("schedule", {}).get("entries", [])
        return tuple(str(entry.get("cron", "")) for entry in entries)


def read_plan(root: Path, workflow: Path) -> Plan:
    """Read a workflow file; `workflow` counts from `root`.

    Raises SettingsError where there is no such file, WorkflowProblemError where it
    cannot be read as a workflow.
    """
    document = _load(root / workflow, workflow)
    jobs = document.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        raise WorkflowProblemError(f"{workflow} has no jobs")
    uses: dict[str, None] = {}
    labels: dict[str, None] = {}
    for job in jobs.values():
        labels |= dict.fromkeys(_labels(job))
    for body in _bodies(document, root, workflow):
        uses |= dict.fromkeys(body)
    return Plan(
        path=workflow,
        name=str(document.get("name") or workflow.as_posix()),
        triggers=_triggers(document),
        jobs=tuple(_job(job_id, job) for job_id, job in jobs.items()),
        labels=tuple(labels),
        uses=tuple(uses),
        permissions=_union_of_permissions(document),
        raw=document,
    )


def check_event(plan: Plan, event: str, branch: str) -> None:
    """Raise WorkflowProblemError where GitHub would not start this workflow for this event on this branch."""
    if event not in plan.triggers:
        listed = ", ".join(plan.triggers) or "none"
        raise WorkflowProblemError(
            f"{plan.path} is not triggered by {event}", hint=f"its triggers: {listed}"
        )
    trigger = plan.triggers[event]
    for key, wanted in (("branches", True), ("branches-ignore", False)):
        patterns = _texts(trigger.get(key))
        if patterns and branch_matches(branch, patterns) is not wanted:
            raise WorkflowProblemError(
                f"{plan.path} is not triggered by {event} on branch {branch}",
                hint=f"its `{key}`: {', '.join(patterns)}; choose one with --branch",
            )


def branch_matches(branch: str, patterns: list[str]) -> bool:
    """GitHub's filter.

    `*` stops at a slash, `**` does not, `!` takes back; the last pattern that matches
    decides.
    """
    matched = False
    for pattern in patterns:
        body = pattern.removeprefix("!")
        regex = (
            re.escape(body)
            .replace(r"\*\*", ".*")
            .replace(r"\*", "[^/]*")
            .replace(r"\?", ".?")
        )
        if re.fullmatch(regex, branch):
            matched = not pattern.startswith("!")
    return matched


def _load(path: Path, shown: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"there is no workflow {shown}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WorkflowProblemError(f"{shown} cannot be read: {error}") from error
    try:
        document: dict[str, Any] = yaml.load(text, Loader=yamlcore.CoreLoader)  # noqa: S506 - the core schema makes plain values only
    except yaml.YAMLError as error:
        raise WorkflowProblemError(
            f"{shown} is not YAML: {' '.join(str(error).split())}",
            hint="`wfgen check` shows where",
        ) from error
    for place in misshapen(document):
        raise WorkflowProblemError(
            f"{shown} is not a workflow: {place}", hint="`wfgen check` shows where"
        )
    return dict(document)


def _triggers(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    on = document.get("on")
    if isinstance(on, str):
        return {on: {}}
    if isinstance(on, list):
        return {str(event): {} for event in on}
    if not isinstance(on, dict):
        return {}
    return {
        str(event): dict(value)
        if isinstance(value, dict)
        else {"entries": value}
        if isinstance(value, list)
        else {}
        for event, value in on.items()
    }


def _job(job_id: str, job: Mapping[str, Any]) -> PlannedJob:
    steps = tuple(
        PlannedStep(
            str(step.get("id") or index), step_title(step), str(step.get("uses") or "")
        )
        for index, step in enumerate(job.get("steps") or [])
    )
    container = bool(job.get("container") or job.get("services")) or any(
        step.uses.startswith("docker://") for step in steps
    )
    minutes = job.get("timeout-minutes")
    return PlannedJob(
        job_id,
        str(job.get("name") or job_id),
        steps,
        container,
        float(minutes) if isinstance(minutes, int | float) else 360.0,
        _times((job.get("strategy") or {}).get("matrix")),
        environment_of(job),
    )


def _times(matrix: object) -> int | None:
    """How many jobs a matrix can make: its lists multiplied, and those added by `include`."""
    if matrix is None:
        return 1
    if not isinstance(matrix, dict) or not all(
        isinstance(values, list) for values in matrix.values()
    ):
        return None
    lists = [
        len(values)
        for name, values in matrix.items()
        if name not in {"include", "exclude"}
    ]
    return max(1, (prod(lists) if lists else 0) + len(matrix.get("include", [])))


def environment_of(job: Mapping[str, Any]) -> str:
    """The name of the GitHub environment that a job runs in, as written; "" where there is none."""
    named = job.get("environment")
    return str((named.get("name") if isinstance(named, dict) else named) or "")


def step_title(step: Mapping[str, Any]) -> str:
    """What GitHub's log calls a step that has no name."""
    if step.get("name"):
        return str(step["name"])
    if step.get("uses"):
        return f"Run {step['uses']}"
    lines = str(step.get("run") or "").strip().splitlines()
    return f"Run {lines[0]}" if lines else "Run"


def _bodies(
    document: Mapping[str, Any],
    root: Path,
    path: Path,
    seen: frozenset[Path] = frozenset(),
) -> Iterator[list[str]]:
    """The `uses` of a workflow.

    Of the reusable workflows it calls and of the local actions it uses.
    """
    if path in seen:
        return
    steps = [
        step
        for job in (document.get("jobs") or {}).values()
        for step in job.get("steps") or []
    ]
    steps += (document.get("runs") or {}).get("steps") or []
    called = [
        str(job["uses"])
        for job in (document.get("jobs") or {}).values()
        if job.get("uses")
    ]
    used = [str(step["uses"]) for step in steps if step.get("uses")]
    yield [name for name in used if not name.startswith(("./", "docker://"))]
    for name in (name for name in [*called, *used] if name.startswith("./")):
        for file in (Path(name), Path(name, "action.yml"), Path(name, "action.yaml")):
            if (root / file).is_file():
                yield from _bodies(_load(root / file, file), root, file, seen | {path})


def _labels(job: Mapping[str, Any]) -> Iterator[str]:
    """Every label that `runs-on` can come to.

    Its own, and for an expression the matrix's and the fallbacks.
    """
    runs_on = job.get("runs-on")
    if isinstance(runs_on, dict):
        runs_on = runs_on.get("labels")
    for label in _texts(runs_on):
        if "${{" in label:
            yield from re.findall(r"'([^']+)'", label)
            yield from _scalars((job.get("strategy") or {}).get("matrix"))
        else:
            yield label


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, str):
        yield value


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _union_of_permissions(document: Mapping[str, Any]) -> dict[str, str]:
    """What the token of the whole run may do: on GitHub each job has a token of its own."""
    union: dict[str, str] = {}
    top = document.get("permissions")
    for job in document["jobs"].values():
        for scope, level in _expanded(job.get("permissions", top)).items():
            if _RANK.get(level, 0) > _RANK.get(union.get(scope, "none"), 0):
                union[scope] = level
    return union


def _expanded(permissions: object) -> dict[str, str]:
    if permissions is None:
        return dict(DEFAULT_PERMISSIONS)
    if isinstance(permissions, str):
        level = {"read-all": "read", "write-all": "write"}.get(permissions, "none")
        return dict.fromkeys(SCOPES, level)
    return (
        {str(scope): str(level) for scope, level in permissions.items()}
        if isinstance(permissions, dict)
        else {}
    )
