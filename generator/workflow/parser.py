"""A YAML document to the records of `model`; what is not of a workflow's shape is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import SettingsError, WorkflowProblemError
from .expressions import list_possible_labels
from .model import (
    DEFAULT_TIMEOUT_MINUTES,
    Concurrency,
    DispatchInput,
    Job,
    Matrix,
    Schedule,
    Step,
    Trigger,
    Workflow,
)
from .nodes import CHECK_HINT, Node
from .source import YamlDocument, parse_yaml

# What a workflow without `permissions` gets in a repository made today.
DEFAULT_PERMISSIONS = {"contents": "read", "packages": "read"}
SCOPES = (
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "security-events",
    "statuses",
)
_ALL_SCOPES = {"read-all": "read", "write-all": "write"}
# Keys of a matrix that are no axis of it.
_NOT_AXES = ("include", "exclude")


def read_workflow(root: Path, path: Path) -> Workflow:
    """Read a workflow file; `path` counts from `root`.

    Raises SettingsError where there is no such file, WorkflowProblemError where it
    cannot be read as a workflow.
    """
    return parse_workflow(read_document(root, path))


def read_document(root: Path, path: Path) -> YamlDocument:
    """Read a file that a run cannot do without; `path`, which errors show, counts from `root`.

    Raises SettingsError where there is no such file, WorkflowProblemError where it is
    not YAML. A key that stands twice is for `wfgen check` to find: the last one counts.
    """
    try:
        text = (root / path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"there is no workflow {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WorkflowProblemError(f"{path} cannot be read: {error}") from error
    document = parse_yaml(text, path)
    if not document.is_readable:
        finding = document.findings[0]
        raise WorkflowProblemError(
            f"{path}, line {finding.line}, is {finding.message}", hint=CHECK_HINT
        )
    return document


def parse_workflow(document: YamlDocument) -> Workflow:
    """Build the records of a workflow.

    Raises WorkflowProblemError, with the place, where a value is not of the shape that
    running it relies on.
    """
    top = Node(document, (), document.data)
    top.require_mapping(optional=False)
    permissions = top.get("permissions").value
    jobs = []
    for job_id, job in top.get("jobs").iter_mapping():
        jobs.append(_parse_job(job_id, job, permissions))
    if not jobs:
        raise WorkflowProblemError(f"{document.path} has no jobs")
    return Workflow(
        path=document.path,
        name=top.get_text("name") or document.path.as_posix(),
        triggers=_parse_triggers(top.get("on")),
        jobs=tuple(jobs),
        concurrency=_parse_concurrency(top.get("concurrency")),
        document=document,
    )


def parse_steps(steps: Node) -> tuple[Step, ...]:
    """Build the steps of a job, or of a composite action."""
    records = []
    for index, step in enumerate(steps.list_mappings()):
        records.append(
            Step(
                id=step.get_text("id") or str(index),
                name=step.get_text("name"),
                uses=step.get_text("uses"),
                run=step.get_text("run"),
                condition=step.get_text("if"),
                position=step.position,
            )
        )
    return tuple(records)


def expand_permissions(permissions: object) -> Mapping[str, str]:
    """Return the level by scope of a `permissions` value in any of its forms."""
    if permissions is None:
        return DEFAULT_PERMISSIONS
    if isinstance(permissions, dict):
        return {scope: str(level) for scope, level in permissions.items()}
    if isinstance(permissions, str):
        return dict.fromkeys(SCOPES, _ALL_SCOPES.get(permissions, "none"))
    return {}


def _parse_triggers(on: Node) -> dict[str, Trigger]:
    # `on: push` and `on: [push, pull_request]` have no filters.
    if not isinstance(on.value, dict):
        events = on.list_texts()
        return {event: Trigger(event, on.position) for event in events}
    triggers = {}
    for event, options in on.iter_mapping():
        triggers[event] = _parse_trigger(event, options)
    return triggers


def _parse_trigger(event: str, options: Node) -> Trigger:
    inputs: dict[str, DispatchInput] = {}
    schedules: tuple[Schedule, ...] = ()
    if event == "workflow_dispatch":
        inputs = _parse_inputs(options.get("inputs"))
    if event == "schedule" and isinstance(options.value, list):
        schedules = _parse_schedules(options)

    def list_patterns(key: str) -> tuple[str, ...]:
        return tuple(options.get(key).list_texts())

    return Trigger(
        event,
        options.position,
        branches=list_patterns("branches"),
        branches_ignore=list_patterns("branches-ignore"),
        tags=list_patterns("tags"),
        tags_ignore=list_patterns("tags-ignore"),
        paths=list_patterns("paths"),
        paths_ignore=list_patterns("paths-ignore"),
        types=list_patterns("types"),
        inputs=inputs,
        schedules=schedules,
    )


def _parse_inputs(inputs: Node) -> dict[str, DispatchInput]:
    records = {}
    for name, options in inputs.iter_mapping():
        options.require_mapping()
        choices = options.get("options").value
        records[name] = DispatchInput(
            name=name,
            type=options.get_text("type") or "string",
            default=options.get("default").value,
            required=bool(options.get("required").value),
            options=_make_tuple(choices),
            position=options.position,
        )
    return records


def _parse_schedules(entries: Node) -> tuple[Schedule, ...]:
    schedules = []
    for entry in entries.list_mappings():
        cron, timezone = entry.get_text("cron"), entry.get_text("timezone")
        schedules.append(Schedule(cron, timezone, entry.position))
    return tuple(schedules)


def _parse_job(job_id: str, job: Node, workflow_permissions: object) -> Job:
    job.require_mapping(optional=False)
    strategy = job.get("strategy")
    strategy.require_mapping()
    matrix = strategy.get("matrix")
    steps = parse_steps(job.get("steps"))
    # `permissions:` without a value is there, and is what a workflow without it gets.
    permissions = workflow_permissions
    if isinstance(job.value, dict) and "permissions" in job.value:
        permissions = job.value["permissions"]
    return Job(
        id=job_id,
        name=job.get_text("name") or job_id,
        uses=job.get_text("uses"),
        steps=steps,
        needs=tuple(job.get("needs").list_texts()),
        condition=job.get_text("if"),
        labels=_list_labels(job.get("runs-on"), matrix),
        matrix=_parse_matrix(matrix),
        permissions=expand_permissions(permissions),
        concurrency=_parse_concurrency(job.get("concurrency")),
        environment=_parse_environment(job.get("environment")),
        timeout_minutes=_parse_minutes(job.get("timeout-minutes").value),
        needs_container=_has_container(job, steps),
        position=job.position,
    )


def _list_labels(runs_on: Node, matrix: Node) -> tuple[str, ...]:
    # `runs-on: {group: ..., labels: ...}`: groups are known to GitHub alone.
    if isinstance(runs_on.value, dict):
        runs_on = runs_on.get("labels")
    labels = []
    for label in runs_on.list_texts():
        labels += list_possible_labels(label, matrix.value)
    return tuple(labels)


def _parse_matrix(matrix: Node) -> Matrix | None:
    if matrix.value is None:
        return None
    if not isinstance(matrix.value, dict):
        return Matrix(None, (), matrix.position)
    axes = {}
    for name, values in matrix.value.items():
        # A whole axis by an expression, and an `include` alike.
        if not isinstance(values, list):
            return Matrix(None, (), matrix.position)
        if name not in _NOT_AXES:
            axes[name] = tuple(values)
    return Matrix(axes, _make_tuple(matrix.get("include").value), matrix.position)


def _parse_concurrency(concurrency: Node) -> Concurrency | None:
    if not concurrency.value:
        return None
    if not isinstance(concurrency.value, dict):
        return Concurrency(str(concurrency.value), "", "", concurrency.position)
    return Concurrency(
        group=concurrency.get_text("group"),
        cancel_in_progress=concurrency.get_text("cancel-in-progress"),
        queue=concurrency.get_text("queue"),
        position=concurrency.position,
    )


def _parse_environment(environment: Node) -> str:
    if isinstance(environment.value, dict):
        return environment.get_text("name")
    return str(environment.value or "")


def _parse_minutes(minutes: object) -> float:
    if isinstance(minutes, int | float):
        return float(minutes)
    return DEFAULT_TIMEOUT_MINUTES


def _has_container(job: Node, steps: tuple[Step, ...]) -> bool:
    # Services are containers beside the job's own.
    if job.get("container").value or job.get("services").value:
        return True
    return any(step.uses.startswith("docker://") for step in steps)


def _make_tuple(value: object) -> tuple[object, ...]:
    if isinstance(value, list):
        return tuple(value)
    return ()
