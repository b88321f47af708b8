"""A run's result as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from ...github.core.models import Artifact, Run
from ..models import Annotation, JobResult, RunResult, StepResult
from .text import WIDTH, fit_line, format_seconds, format_size, format_table
from .training import TrainingSummary

FORMAT = 1


def list_artifact_lines(artifacts: Iterable[Artifact]) -> list[str]:
    """Return one line an artifact: name, size, and until when it is kept (UTC)."""
    rows = []
    for artifact in artifacts:
        size = format_size(artifact.size_bytes)
        rows.append((artifact.name, size, f"kept until {format_expiry(artifact)}"))
    return format_table(rows, right=(1,))


def format_expiry(artifact: Artifact) -> str:
    """Return the end of an artifact's time, to the minute, UTC."""
    return artifact.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def describe_origin(result: RunResult, runs: Iterable[Run]) -> str:
    """Say where the state of a run came from."""
    if result.restored_from:
        numbers = {run.id: run.number for run in runs}
        return ", ".join(
            f"run #{numbers.get(run_id, '?')} ({run_id})"
            for run_id in result.restored_from
        )
    training = TrainingSummary.from_json(result.summary)
    if training is not None and training.started_from == "state":
        return "an earlier run, by way of a store that is not artifacts"
    if result.pushed_commit:
        return f"commit {result.pushed_commit[:7]}, which an earlier run pushed"
    return "nothing: no state of an earlier run was fetched"


def describe_training(summary: Mapping[str, Any] | None) -> str:
    """Say what the training did; empty where it said nothing."""
    training = TrainingSummary.from_json(summary)
    if training is None:
        return ""
    rows = f"{training.rows_this_run:,} rows, {training.rows_total:,} in all"
    if not training.metric:
        return rows
    return f"{rows}; {training.metric}"


def describe_metric(summary: Mapping[str, Any] | None) -> str:
    """Say the metric alone, "-" where there is none."""
    training = TrainingSummary.from_json(summary)
    if training is None:
        return "-"
    return training.metric or "-"


def list_result_lines(result: RunResult, runs: Iterable[Run], root: Path) -> list[str]:
    """Return the table at the end of a run."""
    return format_table(_list_rows(result, runs, root))


def _list_rows(
    result: RunResult, runs: Iterable[Run], root: Path
) -> list[tuple[str, str]]:
    run, duration = result.run, format_seconds(result.duration_seconds)
    outcome = f"{run.event}, {result.conclusion} in {duration}"
    rows = [
        ("run", f"#{run.number} ({run.id}), {outcome}"),
        ("state from", describe_origin(result, runs)),
    ]
    training = describe_training(result.summary)
    if training:
        rows.append(("trained on", training))
    artifacts = list_artifact_lines(result.artifacts) or ["none"]
    rows.append(("artifacts", artifacts[0]))
    rows += [("", line) for line in artifacts[1:]]
    if result.stand_ins:
        names = [name.removeprefix("actions/") for name in result.stand_ins]
        rows.append(("stand-ins", f"for {', '.join(names)}"))
    rows += [("note", note) for note in result.notes]
    rows.append(("log", _shorten_path(result.log, root)))
    if result.problem:
        rows.append(("failed", fit_line(result.problem, WIDTH * 2)))
    return rows


def _shorten_path(path: Path, root: Path) -> str:
    if path.is_relative_to(root):
        return str(path.relative_to(root))
    return str(path)


def make_result_document(result: RunResult) -> dict[str, Any]:
    """Return the result for `--json`; instants are RFC 3339."""
    return {
        "format": FORMAT,
        "run": make_run_document(result.run),
        "conclusion": result.conclusion,
        "duration_seconds": round(result.duration_seconds, 3),
        "jobs": [_make_job_document(job) for job in result.jobs],
        "artifacts": [make_artifact_document(item) for item in result.artifacts],
        "restored_from": list(result.restored_from),
        "summary": result.summary,
        "annotations": [_make_annotation_document(note) for note in result.annotations],
        "stand_ins": list(result.stand_ins),
        "notes": list(result.notes),
        "problem": result.problem,
        "log": str(result.log),
    }


def make_run_document(run: Run) -> dict[str, object]:
    """Return what names a run and what it ran for."""
    return {
        "id": run.id,
        "number": run.number,
        "attempt": run.attempt,
        "event": run.event,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "workflow": run.workflow_path,
    }


def make_artifact_document(artifact: Artifact) -> dict[str, object]:
    """Return an artifact for `--json`; instants are RFC 3339."""
    return {
        "id": artifact.id,
        "name": artifact.name,
        "size_bytes": artifact.size_bytes,
        "digest": artifact.digest,
        "expires_at": artifact.expires_at.isoformat(),
    }


def _make_annotation_document(annotation: Annotation) -> dict[str, object]:
    return {
        "level": annotation.level,
        "message": annotation.message,
        "job": annotation.job,
        "step": annotation.step,
    }


def _make_job_document(job: JobResult) -> dict[str, object]:
    return {
        "id": job.id,
        "name": job.name,
        "conclusion": job.conclusion,
        "steps": [_make_step_document(step) for step in job.steps],
    }


def _make_step_document(step: StepResult) -> dict[str, object]:
    document: dict[str, object] = {
        "id": step.id,
        "name": step.name,
        "conclusion": step.conclusion,
        "outcome": step.outcome,
        "duration_seconds": round(step.duration_seconds, 3),
    }
    if step.outputs:
        document["outputs"] = dict(step.outputs)
    if step.summary:
        document["summary"] = step.summary
    return document
