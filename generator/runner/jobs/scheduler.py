"""Starts each job of a run when its time has come, and cancels it when its time is up.

docs.github.com, "Workflow syntax": jobs run side by side unless one `needs` another;
the legs of a matrix fail fast unless told otherwise; a job that is cancelled still runs
its `always()` and `cancelled()` steps, for five minutes at most.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...process import StreamControl
from ...workflow.model import Job
from ..act.job_document import NeededJob
from ..isolation.concurrency import Turn
from ..models import Conclusion
from .records import (
    FinishedJob,
    JobLeg,
    LegResult,
    combine_conclusions,
    make_unstarted,
)
from .status import JobStatus, find_status

# GitHub gives what it cancels five minutes (docs.github.com, "Canceling a workflow run").
CANCEL_SECONDS = 300.0
_LOOK_SECONDS = 0.1
_MAX_LEGS_AT_ONCE = max(4, os.cpu_count() or 1)


@dataclass(slots=True)
class RunningLeg:
    """A leg that has a thread of its own.

    `deadline` is a time.monotonic(), set once its steps begin. `reason` says why it was
    cancelled.
    """

    leg: JobLeg
    control: StreamControl = field(default_factory=StreamControl)
    deadline: float | None = None
    reason: str = ""
    turn: Turn | None = None

    def start_clock(self) -> None:
        """Let its time run from now on."""
        self.deadline = time.monotonic() + self.leg.timeout_seconds

    def cancel(self, reason: str) -> None:
        """Interrupt it, once, and kill it where it does not end by then."""
        if self.reason:
            return
        self.reason = reason
        self.deadline = time.monotonic() + CANCEL_SECONDS
        self.control.interrupt()

    def watch(self, turn: Turn) -> None:
        """Have its turn in a concurrency group, until another takes that away."""
        self.turn = turn

    def check(self) -> None:
        """Cancel it where its turn or its time is over, kill it where that did not help."""
        if self.turn is not None:
            reason = self.turn.find_reason()
            if reason:
                self.cancel(reason)
        if self.deadline is None or time.monotonic() < self.deadline:
            return
        if self.reason:
            self.control.kill()
        else:
            limit = format_limit(self.leg.timeout_seconds)
            self.cancel(f"The job has exceeded the maximum execution time of {limit}")


class JobWork(Protocol):
    """What the scheduler leaves to others."""

    def plan(self, job: Job, status: JobStatus) -> Sequence[JobLeg]:
        """Return the legs of a job whose turn has come; none where it is skipped.

        Raises WfgenError where the workflow does not say what they are.
        """
        ...

    def run(self, running: RunningLeg) -> LegResult:
        """Run a leg to its end, in a thread of its own."""
        ...

    def finish(self, job: Job, legs: Sequence[LegResult]) -> None:
        """Learn that a job has ended; no legs mean that it was skipped."""
        ...


@dataclass(slots=True)
class _JobState:
    """A job whose legs are known, until all of them have ended."""

    legs: Sequence[JobLeg]
    waiting: list[JobLeg]
    running: dict[int, RunningLeg] = field(default_factory=dict)
    results: dict[int, LegResult] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    def record(self, leg: JobLeg, result: LegResult) -> None:
        self.running.pop(leg.index, None)
        self.results[leg.index] = result
        # Of several legs the last one that has a value counts.
        self.outputs.update(
            (name, value) for name, value in result.outputs.items() if value
        )

    def get_result(self) -> Conclusion:
        conclusions = []
        for leg in self.legs:
            conclusion = self.results[leg.index].conclusion
            if leg.is_forgiven and conclusion is Conclusion.FAILURE:
                conclusion = Conclusion.SUCCESS
            conclusions.append(conclusion)
        return combine_conclusions(conclusions)


_Ended = tuple[JobLeg, LegResult | BaseException]


class JobScheduler:
    """Runs the jobs of one run.

    `find_reason` is asked again and again why the run is to be cancelled; "" is no reason.
    """

    def __init__(
        self, jobs: Sequence[Job], work: JobWork, find_reason: Callable[[], str]
    ) -> None:
        self._jobs = jobs
        self._work = work
        self._find_reason = find_reason
        self._reason = ""
        self._active: dict[str, _JobState] = {}
        self._finished: dict[str, FinishedJob] = {}
        self._ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether the run was cancelled on the way."""
        return bool(self._reason)

    def run(self) -> tuple[FinishedJob, ...]:
        """Run all jobs to their end; whatever a leg raises ends all of them."""
        try:
            while True:
                self._settle()
                if not self._active:
                    break
                self._wait()
        except BaseException:
            self._kill()
            raise
        return tuple(self._finished[job.id] for job in self._jobs)

    def _settle(self) -> None:
        """Start and finish what can be, until nothing more changes."""
        changed = True
        while changed:
            changed = False
            for job in self._jobs:
                if job.id in self._finished or job.id in self._active:
                    continue
                if all(name in self._finished for name in job.needs):
                    self._plan(job)
                    changed = True
            for job in self._jobs:
                state = self._active.get(job.id)
                if state is None:
                    continue
                self._start_legs(state)
                if len(state.results) == len(state.legs):
                    self._finish(job, state)
                    changed = True

    def _plan(self, job: Job) -> None:
        status = find_status(job, self._finished, cancelled=self.is_cancelled)
        legs = self._work.plan(job, status)
        self._active[job.id] = _JobState(legs, list(legs))

    def _finish(self, job: Job, state: _JobState) -> None:
        del self._active[job.id]
        legs = tuple(state.results[leg.index] for leg in state.legs)
        needed = NeededJob(state.get_result(), state.outputs)
        self._work.finish(job, legs)
        self._finished[job.id] = FinishedJob(job, needed, legs)

    def _start_legs(self, state: _JobState) -> None:
        while state.waiting and self._has_room(state):
            leg = state.waiting.pop(0)
            running = RunningLeg(leg)
            state.running[leg.index] = running
            thread = threading.Thread(target=self._run_leg, args=(running,))
            self._threads.append(thread)
            thread.start()

    def _has_room(self, state: _JobState) -> bool:
        total = sum(len(other.running) for other in self._active.values())
        limit = state.legs[0].strategy.max_parallel
        return total < _MAX_LEGS_AT_ONCE and len(state.running) < limit

    def _run_leg(self, running: RunningLeg) -> None:
        try:
            result = self._work.run(running)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._ended.put((running.leg, error))
        else:
            self._ended.put((running.leg, result))

    def _wait(self) -> None:
        """Wait a moment for a leg to end, and look at the clock and at who cancels."""
        try:
            leg, result = self._ended.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            pass
        else:
            if isinstance(result, BaseException):
                raise result
            self._record(leg, result)
        if not self._reason:
            self._reason = self._find_reason()
            if self._reason:
                for state in self._active.values():
                    self._cancel_legs(state, self._reason)
        for running in self._iter_running():
            running.check()

    def _record(self, leg: JobLeg, result: LegResult) -> None:
        state = self._active[leg.job.id]
        state.record(leg, result)
        has_failed = result.conclusion is Conclusion.FAILURE and not leg.is_forgiven
        if has_failed and leg.strategy.fail_fast:
            self._cancel_legs(
                state, f'The job was canceled because "{leg.name}" failed.'
            )

    def _cancel_legs(self, state: _JobState, reason: str) -> None:
        for leg in state.waiting:
            state.record(leg, make_unstarted(leg, Conclusion.CANCELLED, reason))
        state.waiting.clear()
        for running in state.running.values():
            running.cancel(reason)

    def _iter_running(self) -> Iterable[RunningLeg]:
        for state in self._active.values():
            yield from list(state.running.values())

    def _kill(self) -> None:
        """Kill every leg, and wait until their threads are done with them."""
        for running in self._iter_running():
            running.control.kill()
        for thread in self._threads:
            thread.join()


def format_limit(seconds: float) -> str:
    """Return a time limit as GitHub's runner writes it (1h2m3s)."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s"
