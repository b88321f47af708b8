"""Finds what became of the state that must not, run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...runner.models import Conclusion
from ..play.records import PlayedRun, Simulation
from ..timeline.records import FaultKind
from .lineage import Ancestry, has_saved, overlaps, trace_lineage
from .records import Violation, ViolationKind

# After these a run cannot store anything: that it fails is right.
_BEYOND_HELP = frozenset({FaultKind.RUNNER_LOST, FaultKind.UPLOAD_FAILS})

# Runs from one state that end further apart than that are a step back, which is told of.
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Judge:
    simulation: Simulation
    ancestries: dict[int, Ancestry]

    @property
    def runs(self) -> Sequence[PlayedRun]:
        return self.simulation.runs

    def make(
        self, kind: ViolationKind, index: int, others: tuple[int, ...], message: str
    ) -> Violation:
        run = self.runs[index]
        events = {self.runs[place].event for place in (index, *others)}
        return Violation(
            kind=kind,
            run=index,
            others=others,
            message=f"{run.title}, {run.begun:%Y-%m-%d %H:%M}: {message}",
            at=run.begun,
            events=tuple(sorted(events)),
        )

    def judge(self, index: int) -> Iterator[Violation]:
        run = self.runs[index]
        if index in self.ancestries and run.is_trusted:
            yield from self._judge_start(index, self.ancestries[index])
            yield from self._judge_siblings(index, self.ancestries[index])
            yield from self._judge_end(index)

    def _judge_start(self, index: int, ancestry: Ancestry) -> Iterator[Violation]:
        newest, parent = ancestry.newest, ancestry.parent
        if parent is None:
            if newest is not None:
                yield self._judge_fresh(index, newest)
            return
        if ancestry.others:
            names = ", ".join(self.runs[place].title for place in ancestry.others)
            message = f"its state is of {self.runs[parent].title}, parts are of {names}"
            others = (parent, *ancestry.others)
            yield self.make(ViolationKind.MIXED, index, others, message)
        if not self.runs[parent].is_trusted:
            event = self.simulation.get_event(self.runs[parent])
            kind = "a pull request"
            if event.from_fork:
                kind += " from a fork"
            message = f"it went on from what {self.runs[parent].title}, {kind}, stored"
            yield self.make(ViolationKind.UNTRUSTED, index, (parent,), message)
        elif newest is not None and newest != parent:
            message = (
                f"it went on from the state of {self.runs[parent].title}, "
                f"though {self.runs[newest].title} had stored a newer one"
            )
            others = (parent, newest)
            yield self.make(ViolationKind.ROLLED_BACK, index, others, message)

    def _judge_fresh(self, index: int, newest: int) -> Violation:
        run, last = self.runs[index], self.runs[newest]
        message = f"it found no state, though {last.title} had stored it"
        kind = ViolationKind.LOST
        # One that waited for its turn began before the newest state was stored.
        was_stored = last.ended <= run.begun
        if was_stored and not last.learnt <= run.held:
            kind = ViolationKind.EXPIRED
            message = f"{message}: it had expired by then{_tell_expiry(last)}"
        elif not self._is_ever_restored():
            kind = ViolationKind.NEVER_RESTORED
        elif has_saved(run):
            kind = ViolationKind.OVERWRITTEN
            message = f"{message}; what it learnt afresh is the newest state now"
        return self.make(kind, index, (newest,), message)

    def _is_ever_restored(self) -> bool:
        ancestries = self.ancestries.values()
        return any(ancestry.parent is not None for ancestry in ancestries)

    def _judge_siblings(self, index: int, ancestry: Ancestry) -> Iterator[Violation]:
        """Yield where another run went on from the same state, and both stored theirs."""
        run = self.runs[index]
        if not has_saved(run):
            return
        for place in range(max(0, index - MOST_AT_ONCE), index):
            other = self.runs[place]
            twin = self.ancestries.get(place)
            if twin is None or not other.is_trusted or not has_saved(other):
                continue
            if twin.parent != ancestry.parent or other.workflow != run.workflow:
                continue
            others = [place]
            if ancestry.parent is not None:
                others.append(ancestry.parent)
            if overlaps(run, other):
                message = f"it and {other.title} trained side by side from one state"
                yield self.make(ViolationKind.FORKED, index, tuple(others), message)
            elif other.run_id == run.run_id:
                message = f"it trained again what {other.title} had trained and stored"
                kind = ViolationKind.TRAINED_TWICE
                yield self.make(kind, index, tuple(others), message)

    def _judge_end(self, index: int) -> Iterator[Violation]:
        run = self.runs[index]
        if run.exit_code is None:
            if run.conclusion is Conclusion.CANCELLED:
                message = "it was cancelled in its training"
                yield self.make(ViolationKind.CANCELLED, index, (), message)
            return
        if run.exit_code:
            if run.saved:
                message = f"its training failed ({run.exit_code}), its state was stored"
                kind = ViolationKind.SAVED_AFTER_FAILURE
                yield self.make(kind, index, (), message)
            return
        if not run.learnt or has_saved(run):
            return
        # A green run that stored nothing hides it, whatever the cause.
        fault = self.simulation.get_event(run).fault
        if run.conclusion is Conclusion.SUCCESS:
            message = "it trained and succeeded, and no store holds what it learnt"
            yield self.make(ViolationKind.NOT_SAVED, index, (), message)
        elif fault not in _BEYOND_HELP:
            message = f"what it learnt is gone: {_describe_failure(run)}"
            yield self.make(ViolationKind.DISCARDED, index, (), message)


def _describe_failure(run: PlayedRun) -> str:
    for step in run.steps:
        if step.conclusion is Conclusion.FAILURE:
            return f"the step {step.name!r} failed"
    return run.problem or f"it ended as {run.conclusion.value}"


def _tell_expiry(run: PlayedRun) -> str:
    expiries = [artifact.expires_at for artifact in run.artifacts]
    if not expiries:
        return ""
    return f" ({max(expiries):%Y-%m-%d %H:%M})"


def find_violations(simulation: Simulation) -> tuple[Violation, ...]:
    """Find all violations, in the order of their runs."""
    ancestries = trace_lineage(simulation.runs)
    judge = _Judge(simulation, ancestries)
    violations: list[Violation] = list(_judge_restores(judge))
    for index in range(len(simulation.runs)):
        violations += judge.judge(index)
    return tuple(violations)


def _judge_restores(judge: _Judge) -> Iterator[Violation]:
    """Yield where no run of the default branch trains, as what fetches the state fails."""
    failing = []
    for index, run in enumerate(judge.runs):
        if not run.is_trusted or judge.simulation.get_event(run).fault:
            continue
        if run.found is not None:
            return
        for step in run.steps:
            is_failed = step.conclusion is Conclusion.FAILURE
            if is_failed and step.name in judge.simulation.restores:
                failing.append((index, step.name))
    for index, name in failing[:1]:
        message = f"the step {name!r} failed, as in every run: there is no state yet"
        yield judge.make(ViolationKind.NEVER_TRAINED, index, (), message)
