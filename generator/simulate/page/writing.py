"""Writes the timeline page: the data of a simulation within a page that shows it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from ...errors import OutputError
from ..play.records import PlayedRun, PlayedStep, Simulation
from ..verdict.lineage import Ancestry, has_saved, trace_lineage
from ..verdict.records import MEANINGS, Verdict
from ..verdict.text import describe_state, format_span

_PLACE = "/*DATA*/"


def write_page(path: Path, simulation: Simulation, verdict: Verdict) -> None:
    """Write the page; raises OutputError."""
    template = Path(__file__).with_name("timeline.html").read_text(encoding="utf-8")
    text = template.replace(_PLACE, write_data(make_data(simulation, verdict)))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def write_data(data: dict[str, Any]) -> str:
    """Return JSON that ends no script, whatever texts of strangers it holds."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")


def make_data(simulation: Simulation, verdict: Verdict) -> dict[str, Any]:
    """Return what the page shows; instants are seconds since 1970."""
    told: dict[int, list[str]] = {}
    for violation in verdict.violations:
        text = f"{violation.kind.value}: {violation.message}"
        told.setdefault(violation.run, []).append(text)
    runs = []
    lineage = trace_lineage(simulation.runs)
    for index, run in enumerate(simulation.runs):
        document = _make_run(simulation, run, lineage.get(index))
        runs.append({**document, "violations": told.get(index, [])})
    missed = []
    for entry in verdict.missed:
        event = simulation.scenario.events[entry.event]
        due = event.due or event.at
        missed.append([_to_seconds(due), f"{event.event}: {entry.why}"])
    kinds = dict.fromkeys(violation.kind for violation in verdict.violations)
    return {
        "state": describe_state(verdict),
        "is_kept": not verdict.violations and not verdict.unclear,
        "start": _to_seconds(simulation.scenario.start),
        "days": simulation.scenario.days,
        "updates": verdict.updates,
        "scheduled": verdict.scheduled,
        "gap": format_span(verdict.longest_gap),
        "month_minutes": round(verdict.costs.month_minutes),
        "is_modelled": simulation.is_modelled,
        "kinds": {kind.value: MEANINGS[kind] for kind in kinds},
        "notes": list(simulation.notes),
        "missed": missed,
        "runs": runs,
    }


def _make_run(
    simulation: Simulation, run: PlayedRun, ancestry: Ancestry | None
) -> dict[str, Any]:
    event = simulation.get_event(run)
    parent = None
    if ancestry is not None:
        parent = ancestry.parent
    artifacts = []
    for artifact in run.artifacts:
        expires = _to_seconds(artifact.expires_at)
        artifacts.append([artifact.name, artifact.size_bytes, expires])
    return {
        "title": run.title,
        "workflow": run.workflow,
        "event": event.event,
        "fork": event.from_fork,
        "fault": event.fault.value,
        "at": _to_seconds(run.begun),
        "end": _to_seconds(run.ended),
        "late": _to_seconds(run.begun) - _to_seconds(run.due),
        "conclusion": run.conclusion.value,
        "problem": run.problem,
        "parent": parent,
        "saved": has_saved(run),
        "artifacts": artifacts,
        "steps": list(map(_make_step, run.steps)),
    }


def _make_step(step: PlayedStep) -> list[Any]:
    return [step.name, step.conclusion.value, round(step.seconds, 2), *step.output]


def _to_seconds(instant: datetime) -> int:
    return int(instant.timestamp())
