"""A run's result as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from ...github.core.models import Artifact, Run
from ..models import JobResult, RunResult
from .progress import WIDTH, fitted, seconds_text

_UNITS = ("B", "kB", "MB", "GB")


def size_text(size_bytes: int) -> str:
    """A size with three digits at most."""
    size = float(size_bytes)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:  # noqa: PLR2004
            return (
                f"{size:.0f} {unit}"
                if unit == "B" or size >= 100
                else f"{size:.1f} {unit}"
            )  # noqa: PLR2004
        size /= 1000
    raise AssertionError("unreachable")  # pragma: no cover


def artifact_lines(artifacts: Iterable[Artifact]) -> list[str]:
    """One line an artifact: name, size, and until when it is kept (UTC)."""
    rows = [
        (
            artifact.name,
            size_text(artifact.size_bytes),
            f"kept until {kept_until(artifact)}",
        )
        for artifact in artifacts
    ]
    return table(rows, right=(1,))


def kept_until(artifact: Artifact) -> str:
    """The end of an artifact's time, to the minute, UTC."""
    return artifact.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def table(rows: Sequence[Sequence[str]], *, right: tuple[int, ...] = ()) -> list[str]:
    """Columns two spaces apart, as wide as their widest cell; those in `right` are flush right."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def origin_text(result: RunResult, runs: Iterable[Run]) -> str:
    """Where the state of a run came from."""
    numbers = {run.id: run.number for run in runs}
    if (
        not result.restored_from
        and (result.summary or {}).get("started_from") == "state"
    ):
        return "an earlier run, by way of a store that is not artifacts"
    if not result.restored_from:
        return "nothing: no state of an earlier run was fetched"
    return ", ".join(
        f"run #{numbers.get(run_id, '?')} ({run_id})" for run_id in result.restored_from
    )


def learnt_text(summary: Mapping[str, Any] | None) -> str:
    """What the training said it did; empty where it said nothing."""
    if not summary:
        return ""
    metric = summary.get("metric")
    said = f"{_whole(summary.get('rows_this_run')):,} rows, {_whole(summary.get('rows_total')):,} in all"
    if isinstance(metric, dict) and isinstance(metric.get("value"), int | float):
        said += f"; {metric.get('name')} {float(metric['value']):.4f}"
    return said


def metric_text(summary: Mapping[str, Any] | None) -> str:
    """The metric alone."""
    metric = (summary or {}).get("metric")
    if isinstance(metric, dict) and isinstance(metric.get("value"), int | float):
        return f"{metric.get('name')} {float(metric['value']):.4f}"
    return "-"


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def result_lines(result: RunResult, runs: Iterable[Run], root: Path) -> list[str]:
    """The table at the end of a run."""
    run = result.run
    facts = [
        (
            "run",
            f"#{run.number} ({run.id}), {run.event}, {result.conclusion} in {seconds_text(result.duration_seconds)}",
        ),
        ("state from", origin_text(result, runs)),
    ]
    if learnt := learnt_text(result.summary):
        facts.append(("learnt", learnt))
    lines = artifact_lines(result.artifacts) or ["none"]
    facts += [
        ("artifacts" if place == 0 else "", line) for place, line in enumerate(lines)
    ]
    if result.stand_ins:
        facts.append(
            (
                "stand-ins",
                f"for {', '.join(name.removeprefix('actions/') for name in result.stand_ins)}",
            )
        )
    facts += [("note", note) for note in result.notes]
    facts.append(("log", _shown(result.log, root)))
    if result.problem:
        facts.append(("failed", result.problem))
    width = max(len(name) for name, _ in facts)
    return [
        f"{name.ljust(width)}  {fitted(text, WIDTH * 2) if name == 'failed' else text}"
        for name, text in facts
    ]


def _shown(path: Path, root: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


def result_document(result: RunResult) -> dict[str, Any]:
    """The result for `--json`; instants are RFC 3339."""
    run = result.run
    return {
        "format": 1,
        "run": {
            "id": run.id,
            "number": run.number,
            "attempt": run.attempt,
            "event": run.event,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "workflow": run.workflow_path,
        },
        "conclusion": result.conclusion,
        "duration_seconds": round(result.duration_seconds, 3),
        "jobs": [_job_document(job) for job in result.jobs],
        "artifacts": [
            {
                "id": artifact.id,
                "name": artifact.name,
                "size_bytes": artifact.size_bytes,
                "digest": artifact.digest,
                "expires_at": artifact.expires_at.isoformat(),
            }
            for artifact in result.artifacts
        ],
        "restored_from": list(result.restored_from),
        "summary": result.summary,
        "annotations": [
            {
                "level": note.level,
                "message": note.message,
                "job": note.job,
                "step": note.step,
            }
            for note in result.annotations
        ],
        "stand_ins": list(result.stand_ins),
        "notes": list(result.notes),
        "problem": result.problem,
        "log": str(result.log),
    }


def _job_document(job: JobResult) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "conclusion": job.conclusion,
        "steps": [
            {
                "id": step.id,
                "name": step.name,
                "conclusion": step.conclusion,
                "outcome": step.outcome,
                "duration_seconds": round(step.duration_seconds, 3),
                **({"outputs": dict(step.outputs)} if step.outputs else {}),
                **({"summary": step.summary} if step.summary else {}),
            }
            for step in job.steps
        ],
    }
