"""Comes to a verdict, with the smallest timeline for each kind of violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...runner.models import Conclusion
from ..play.records import PlayedRun, Simulation
from ..timeline.records import Scenario
from .costs import find_longest_gap, measure_costs
from .judging import find_violations
from .lineage import has_saved, is_up_to_date
from .records import Verdict, Violation, ViolationKind

Replay = Callable[[Scenario], Simulation]
# How often a timeline is played again for each kind of violation.
MAX_REPLAYS = 8


def decide(simulation: Simulation, replay: Replay | None = None) -> Verdict:
    """Come to a verdict; `replay` plays a smaller timeline, None leaves these out."""
    violations = find_violations(simulation)
    smallest: dict[ViolationKind, Scenario] = {}
    for violation in violations:
        if replay is not None and violation.kind not in smallest:
            smallest[violation.kind] = shrink(simulation, violation, replay)
    failed = []
    updates = unchanged = 0
    for index, run in enumerate(simulation.runs):
        if run.is_trusted and has_saved(run) and run.exit_code == 0:
            updates += 1
        elif run.is_trusted and is_up_to_date(run):
            unchanged += 1
        if run.is_trusted and run.conclusion is Conclusion.FAILURE:
            failed.append(index)
    scheduled = 0
    for event in simulation.scenario.events:
        if event.event == "schedule":
            scheduled += 1
    return Verdict(
        violations=violations,
        missed=simulation.missed,
        failed=tuple(failed),
        updates=updates,
        unchanged=unchanged,
        scheduled=scheduled,
        longest_gap=find_longest_gap(simulation),
        costs=measure_costs(simulation),
        smallest=smallest,
        unclear=_find_reason(simulation, violations),
    )


def _find_reason(simulation: Simulation, violations: Sequence[Violation]) -> str:
    """Say why nothing can be told; "" where it can."""
    if violations:
        return ""
    if not simulation.has_sites:
        return "no command that trains was found: name it with --training"
    if not simulation.runs:
        return "no event started a run"
    reached = [run for run in simulation.runs if run.is_trusted and run.learnt]
    if reached:
        return ""
    if any(run.exit_code == 0 for run in simulation.runs):
        return "no file of the state changed: what it is was not found out"
    return f"no run came to its training: {_describe_last(simulation.runs[-1])}"


def _describe_last(run: PlayedRun) -> str:
    for step in run.steps:
        if step.conclusion is Conclusion.FAILURE:
            last = " ".join(step.output[-2:])
            return f"the step {step.name!r} of {run.title} failed: {last}"
    return f"{run.title} ended as {run.conclusion.value}. {run.problem}"


@dataclass(slots=True)
class _Trial:
    """Plays timelines again, so many and no more."""

    kind: ViolationKind
    replay: Replay
    left: int = MAX_REPLAYS

    def shows(self, scenario: Scenario) -> bool:
        """Whether a timeline shows the violation; False where none may be played."""
        if self.left <= 0:
            return False
        self.left -= 1
        return _shows(self.replay(scenario), self.kind)


def shrink(simulation: Simulation, violation: Violation, replay: Replay) -> Scenario:
    """Find a small timeline that shows a kind of violation, by playing it again."""
    scenario = simulation.scenario
    best = list(range(max(violation.events) + 1))
    trial = _Trial(violation.kind, replay)
    for candidate in _list_candidates(scenario, violation):
        if len(candidate) < len(best) and trial.shows(_choose(scenario, candidate)):
            best = candidate
            break
    # One event after the other, the oldest first, while that may be tried.
    for index in list(best):
        rest = [other for other in best if other != index]
        is_needed = index in violation.events or not rest
        if not is_needed and trial.shows(_choose(scenario, rest)):
            best = rest
    return _choose(scenario, best)


def _list_candidates(scenario: Scenario, violation: Violation) -> Iterator[list[int]]:
    """Yield places of events, from small timelines to larger ones."""
    involved = set(violation.events)
    yield sorted(involved)
    # A state that was restored once is needed to lose one.
    yield sorted(involved | set(range(min(involved))[-1:]))
    last = max(involved)
    # What happened between may be the cause: a commit, a pull request, a fault.
    causes = set(involved)
    for index, event in enumerate(scenario.events[:last]):
        if event.fault or event.event != "schedule":
            causes.add(index)
    yield sorted(causes)
    for count in (4, 16):
        begin = max(0, last + 1 - count)
        yield sorted(involved | set(range(begin, last + 1)))


def _choose(scenario: Scenario, indices: Sequence[int]) -> Scenario:
    events = [scenario.events[index] for index in indices]
    days = scenario.days
    if events:
        span = events[-1].at - scenario.start
        days = span / timedelta(days=1) + 1
    return replace(scenario, events=tuple(events), days=round(days, 3))


def _shows(simulation: Simulation, kind: ViolationKind) -> bool:
    violations = find_violations(simulation)
    return any(violation.kind is kind for violation in violations)
