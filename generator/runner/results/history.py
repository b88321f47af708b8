"""The runs that are kept here: which one is meant, and a table of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import NamedTuple

from ...errors import SettingsError
from ...github.core.models import Artifact, Run
from ...github.local_github import LocalGitHub
from .summary import make_artifact_document, make_run_document
from .text import format_seconds, format_table

_HEAD = ("run", "began (UTC)", "event", "branch", "outcome", "took", "state from")


class KeptRun(NamedTuple):
    """A run, its finished artifacts, and the runs whose artifacts it fetched."""

    run: Run
    artifacts: tuple[Artifact, ...]
    restored_from: tuple[Run, ...]


def find_run(runs: Sequence[Run], word: str) -> Run:
    """Find the run that `word` names: its number (`2` or `#2`), or its id.

    Raises SettingsError where there is none, or several workflows have that number.
    """
    digits = word.removeprefix("#")
    by_id, by_number = [], []
    for run in runs:
        if str(run.id) == digits:
            by_id.append(run)
        if str(run.number) == digits:
            by_number.append(run)
    found = by_id or by_number
    if not found:
        raise SettingsError(
            f"there is no run {word} here", hint="`wfgen runs` lists those there are"
        )
    if len(found) > 1:
        ids = ", ".join(f"{run.id} of {run.workflow_path}" for run in found)
        raise SettingsError(
            f"several workflows have a run {word}: {ids}", hint="give the id"
        )
    return found[0]


def read_kept_runs(local_github: LocalGitHub, limit: int) -> list[KeptRun]:
    """Read the newest runs, at most `limit`, newest first."""
    runs = {run.id: run for run in local_github.list_runs()}
    newest = sorted(runs.values(), key=lambda run: run.id, reverse=True)[:limit]
    kept = []
    for run in newest:
        sources = {item.run_id: None for item in local_github.list_downloads(run.id)}
        restored_from = tuple(runs[run_id] for run_id in sources if run_id in runs)
        artifacts = local_github.list_artifacts(run.id)
        kept.append(KeptRun(run, artifacts, restored_from))
    return kept


def list_run_lines(kept: Iterable[KeptRun]) -> list[str]:
    """Return a table of runs; the workflow is named where there are several."""
    entries = list(kept)
    names_workflow = len({entry.run.workflow_id for entry in entries}) > 1
    rows = []
    for entry in entries:
        row = _make_row(entry)
        if names_workflow:
            row = (*row, entry.run.workflow_path.rpartition("/")[2])
        rows.append(row)
    head = (*_HEAD, "workflow") if names_workflow else _HEAD
    return format_table([head, *rows])


def _make_row(entry: KeptRun) -> tuple[str, ...]:
    run = entry.run
    number = f"#{run.number}"
    if run.attempt > 1:
        number += f".{run.attempt}"
    took = (run.updated_at - run.started_at).total_seconds()
    sources = ", ".join(f"#{source.number}" for source in entry.restored_from)
    return (
        number,
        run.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
        run.event,
        run.head_branch,
        run.conclusion or run.status,
        format_seconds(took),
        sources or "-",
    )


def make_kept_run_document(entry: KeptRun) -> dict[str, object]:
    """Return a run for `--json`; instants are RFC 3339."""
    run = entry.run
    return {
        **make_run_document(run),
        "status": run.status,
        "conclusion": run.conclusion,
        "created_at": run.created_at.isoformat(),
        "updated_at": run.updated_at.isoformat(),
        "restored_from": [source.id for source in entry.restored_from],
        "artifacts": [make_artifact_document(item) for item in entry.artifacts],
    }
