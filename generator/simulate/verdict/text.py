"""A verdict for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ...runner.models import Conclusion
from ...runner.results.text import format_size, format_table
from ..play.records import Simulation, write_run
from ..timeline.records import Scenario
from .records import MEANINGS, Verdict, Violation, ViolationKind

FORMAT = 1
# Of each kind so many are told in the text; the JSON has all.
MAX_TOLD = 3
_MINUTE = "%Y-%m-%d %H:%M"


def list_verdict_lines(simulation: Simulation, verdict: Verdict) -> list[str]:
    """Return the table and what was violated, a line or more each."""
    lines = format_table(list(_iter_rows(simulation, verdict)))
    told: dict[ViolationKind, int] = {}
    for violation in verdict.violations:
        kind = violation.kind
        told[kind] = told.get(kind, 0) + 1
        if told[kind] == 1:
            lines += ["", f"{kind.value}: {MEANINGS[kind]}"]
        if told[kind] <= MAX_TOLD:
            lines.append(f"  {violation.message}")
        if told[kind] == 1 and kind in verdict.smallest:
            lines += _list_smallest(verdict.smallest[kind])
    for kind, count in told.items():
        if count > MAX_TOLD:
            lines.append(f"{kind}: {count - MAX_TOLD} more (--json lists them)")
    return lines


def _iter_rows(simulation: Simulation, verdict: Verdict) -> Iterator[tuple[str, str]]:
    scenario, runs = simulation.scenario, simulation.runs
    first = scenario.start.strftime("%Y-%m-%d")
    yield "played", f"{scenario.days:g} days from {first}, {len(runs)} runs"
    counts = dict.fromkeys(Conclusion, 0)
    for run in runs:
        counts[run.conclusion] += 1
    shown = []
    for conclusion, count in counts.items():
        if count:
            shown.append(f"{count} {conclusion.value}")
    yield "runs", ", ".join(shown) or "none"
    speed = "a counter in place of the training (--model)"
    if not simulation.is_modelled:
        speed = "the training itself"
    yield "trained", speed
    yield "updates", _describe_updates(verdict)
    for missed in verdict.missed[:MAX_TOLD]:
        event = scenario.events[missed.event]
        due = (event.due or event.at).strftime(_MINUTE)
        yield "missed", f"{event.event} of {due}: {missed.why}"
    if len(verdict.missed) > MAX_TOLD:
        yield "", f"{len(verdict.missed) - MAX_TOLD} more were missed"
    yield "longest gap", format_span(verdict.longest_gap)
    costs = verdict.costs
    yield "a month", f"{costs.month_runs:.0f} runs, {costs.month_minutes:.0f} minutes"
    if not simulation.is_modelled:
        yield "storage", f"{format_size(costs.peak_bytes)} of artifacts at most"
    if costs.growth is not None:
        yield "growth", f"the last runs took {costs.growth:.2f} times as long"
    for note in simulation.notes:
        yield "note", note
    yield "state", describe_state(verdict)


def _describe_updates(verdict: Verdict) -> str:
    text = f"{verdict.updates} stored, {verdict.scheduled} scheduled"
    if verdict.unchanged:
        text += f", {verdict.unchanged} found nothing new to learn"
    return text


def describe_state(verdict: Verdict) -> str:
    """Say in a line what became of the state."""
    if verdict.unclear:
        return f"could not tell: {verdict.unclear}"
    if not verdict.violations:
        return "kept: each update went on from the newest one"
    kinds = dict.fromkeys(violation.kind.value for violation in verdict.violations)
    return f"violated: {', '.join(kinds)}"


def format_span(span: timedelta) -> str:
    """Return a span as a person says it."""
    hours = span // timedelta(hours=1)
    days, rest = divmod(hours, 24)
    if days:
        return f"{days} d {rest} h"
    minutes = span // timedelta(minutes=1) - hours * 60
    return f"{hours} h {minutes} min"


def _list_smallest(scenario: Scenario) -> Iterator[str]:
    count = len(scenario.events)
    yield f"  smallest timeline found ({count} events):"
    for event in scenario.events[-6:]:
        words = [f"    {event.at:%Y-%m-%d %H:%M}", event.event]
        if event.from_fork:
            words.append("from a fork")
        if event.fault:
            words.append(f"({event.fault.value})")
        yield " ".join(words)


def make_document(simulation: Simulation, verdict: Verdict) -> dict[str, Any]:
    """Return the verdict for `--json`."""
    events = map(simulation.get_event, simulation.runs)
    runs = list(map(write_run, simulation.runs, events))
    violations = list(map(_write_violation, verdict.violations))
    missed = []
    for entry in verdict.missed:
        event = simulation.scenario.events[entry.event]
        due = (event.due or event.at).isoformat()
        missed.append({"due": due, "event": event.event, "why": entry.why})
    smallest = {}
    for kind, scenario in verdict.smallest.items():
        smallest[kind.value] = scenario.to_json()
    costs = verdict.costs
    return {
        "format": FORMAT,
        "state": describe_state(verdict),
        "is_modelled": simulation.is_modelled,
        "updates": verdict.updates,
        "unchanged": verdict.unchanged,
        "scheduled": verdict.scheduled,
        "violations": violations,
        "missed": missed,
        "longest_gap_hours": round(verdict.longest_gap / timedelta(hours=1), 2),
        "minutes": costs.minutes,
        "month_minutes": round(costs.month_minutes, 1),
        "peak_artifact_bytes": costs.peak_bytes,
        "growth": costs.growth,
        "notes": list(simulation.notes),
        "runs": runs,
        "smallest": smallest,
    }


def _write_violation(violation: Violation) -> dict[str, Any]:
    return {
        "kind": violation.kind.value,
        "meaning": MEANINGS[violation.kind],
        "message": violation.message,
        "at": violation.at.isoformat(),
        "run": violation.run,
        "others": list(violation.others),
    }
