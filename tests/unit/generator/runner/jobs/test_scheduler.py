"""Which jobs of a run start, when, and what comes of them: no act, threads that wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.runner.jobs.planning import make_refused_leg
from generator.runner.jobs.records import JobLeg, LegResult, Strategy
from generator.runner.jobs.scheduler import (
    JobScheduler,
    JobWork,
    RunningLeg,
    format_limit,
)
from generator.runner.jobs.status import JobStatus
from generator.runner.models import Conclusion
from generator.workflow.model import Job
from generator.workflow.parser import parse_workflow
from generator.workflow.source import YamlDocument

SUCCESS, FAILURE = Conclusion.SUCCESS, Conclusion.FAILURE
CANCELLED, SKIPPED = Conclusion.CANCELLED, Conclusion.SKIPPED
# Longer than any machine is busy; a leg that is cancelled ends at once.
LONG = 60.0


def parse_jobs(**needs: Sequence[str]) -> tuple[Job, ...]:
    jobs = {name: {"needs": list(others)} for name, others in needs.items()}
    return parse_workflow(YamlDocument(Path("w.yml"), {"jobs": jobs}, {})).jobs


def _is_fine(status: JobStatus) -> bool:
    return status.success


def _succeed(_: RunningLeg) -> Conclusion:
    return SUCCESS


class FakeWork(JobWork):
    """Legs that do what a test says, and a diary of them."""

    def __init__(self) -> None:
        self.acts: dict[str, Callable[[RunningLeg], Conclusion]] = {}
        self.legs: dict[str, dict[str, Any]] = {}
        self.conditions: dict[str, Callable[[JobStatus], bool]] = {}
        self.diary: list[str] = []
        self.statuses: dict[str, JobStatus] = {}
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    def plan(self, job: Job, status: JobStatus) -> Sequence[JobLeg]:
        self.statuses[job.id] = status
        condition = self.conditions.get(job.id, _is_fine)
        if not condition(status):
            return []
        options = dict(self.legs.get(job.id, {}))
        total = options.pop("total", 1)
        strategy = Strategy(
            options.pop("fail_fast", True), options.pop("max_parallel", total), total
        )
        options.setdefault("timeout_seconds", LONG)
        legs = []
        for index in range(total):
            leg = make_refused_leg(job, status, "")
            legs.append(replace_leg(leg, index, strategy, options))
        return legs

    def run(self, running: RunningLeg) -> LegResult:
        leg = running.leg
        name = f"{leg.job.id}{leg.index}"
        with self._lock:
            self.diary.append(f"{name} begins")
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        running.start_clock()
        act = self.acts.get(name, _succeed)
        try:
            conclusion = act(running)
        finally:
            with self._lock:
                self._running -= 1
                self.diary.append(f"{name} ends")
        return LegResult(conclusion, (), {"by": name} if conclusion is SUCCESS else {})

    def finish(self, job: Job, legs: Sequence[LegResult]) -> None:
        self.diary.append(f"{job.id} is {'done' if legs else 'skipped'}")


def replace_leg(
    leg: JobLeg, index: int, strategy: Strategy, options: dict[str, Any]
) -> JobLeg:
    return replace(
        leg, index=index, strategy=strategy, name=f"{leg.job.id} ({index})", **options
    )


def wait_for_reason(running: RunningLeg) -> Conclusion:
    """Play a step that goes on until the leg is cancelled."""
    deadline = time.monotonic() + LONG
    while not running.reason:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return CANCELLED


def run(
    jobs: tuple[Job, ...], work: FakeWork, find_reason: Callable[[], str] = str
) -> dict[str, Conclusion]:
    finished = JobScheduler(jobs, work, find_reason).run()
    return {one.job.id: one.needed.result for one in finished}


def test_a_job_waits_for_what_it_needs_and_gets_its_outputs() -> None:
    work = FakeWork()
    jobs = parse_jobs(c=["a", "b"], a=[], b=["a"])
    assert run(jobs, work) == dict.fromkeys("cab", SUCCESS)
    order = [line for line in work.diary if line.endswith("begins")]
    assert order == ["a0 begins", "b0 begins", "c0 begins"]
    needs = work.statuses["c"].needs
    assert {name: needed.outputs for name, needed in needs.items()} == {
        "a": {"by": "a0"},
        "b": {"by": "b0"},
    }


def test_jobs_that_do_not_depend_on_each_other_run_side_by_side() -> None:
    work = FakeWork()
    meeting = threading.Barrier(2, timeout=LONG)

    def meet(_: RunningLeg) -> Conclusion:
        meeting.wait()
        return SUCCESS

    work.acts = {"a0": meet, "b0": meet}
    assert run(parse_jobs(a=[], b=[]), work) == {"a": SUCCESS, "b": SUCCESS}


def test_a_failure_skips_the_chain_but_not_always() -> None:
    """docs.github.com, jobs.<job_id>.needs: it applies to all jobs of the chain."""
    work = FakeWork()
    work.acts = {"a0": lambda _: FAILURE}
    work.conditions = {"d": lambda _: True, "e": lambda status: status.failure}
    results = run(parse_jobs(a=[], b=["a"], c=["b"], d=["b"], e=["c"], f=[]), work)
    assert results == {
        "a": FAILURE,
        "b": SKIPPED,
        "c": SKIPPED,
        "d": SUCCESS,
        "e": SUCCESS,
        "f": SUCCESS,
    }


def test_after_a_job_that_ran_all_the_same_its_ancestors_still_count() -> None:
    work = FakeWork()
    work.acts = {"a0": lambda _: FAILURE}
    work.conditions = {"b": lambda _: True}
    assert run(parse_jobs(a=[], b=["a"], c=["b"]), work)["c"] is SKIPPED


def test_a_leg_that_fails_cancels_the_others_unless_it_is_forgiven() -> None:
    work = FakeWork()
    work.legs = {"a": {"total": 3, "max_parallel": 2}}
    work.acts = {"a0": lambda _: FAILURE, "a1": wait_for_reason}
    finished = JobScheduler(parse_jobs(a=[], b=["a"]), work, str).run()
    assert [leg.conclusion for leg in finished[0].legs] == [
        FAILURE,
        CANCELLED,
        CANCELLED,
    ]
    (note,) = finished[0].legs[2].annotations
    assert note.message == 'The job was canceled because "a (0)" failed.'
    assert finished[1].needed.result is SKIPPED

    work = FakeWork()
    work.legs = {"a": {"total": 3, "is_forgiven": True}}
    work.acts = {"a0": lambda _: FAILURE}
    assert run(parse_jobs(a=[], b=["a"]), work) == {"a": SUCCESS, "b": SUCCESS}


def test_without_fail_fast_every_leg_runs() -> None:
    work = FakeWork()
    work.legs = {"a": {"total": 3, "fail_fast": False}}
    work.acts = {"a0": lambda _: FAILURE}
    finished = JobScheduler(parse_jobs(a=[]), work, str).run()
    assert [leg.conclusion for leg in finished[0].legs] == [FAILURE, SUCCESS, SUCCESS]
    assert finished[0].needed.result is FAILURE


def test_no_more_legs_run_at_once_than_the_strategy_allows() -> None:
    work = FakeWork()
    work.legs = {"a": {"total": 9, "max_parallel": 2}}

    def take_a_while(_: RunningLeg) -> Conclusion:
        time.sleep(0.01)
        return SUCCESS

    for index in range(9):
        work.acts[f"a{index}"] = take_a_while
    assert run(parse_jobs(a=[]), work) == {"a": SUCCESS}
    assert work.most_at_once == 2


def test_a_leg_whose_time_is_up_is_cancelled() -> None:
    work = FakeWork()
    work.legs = {"a": {"timeout_seconds": 0.05}}
    work.acts = {"a0": wait_for_reason}
    work.conditions = {"b": lambda status: not status.success}
    assert run(parse_jobs(a=[], b=["a"]), work) == {"a": CANCELLED, "b": SUCCESS}


def test_a_run_that_is_cancelled_still_runs_what_wants_to() -> None:
    work = FakeWork()
    work.legs = {"a": {"total": 2, "max_parallel": 1}}
    work.acts = {"a0": wait_for_reason}
    work.conditions = {"b": lambda status: status.cancelled}
    results = run(
        parse_jobs(a=[], b=["a"], c=["a"]), work, lambda: "so" if work.diary else ""
    )
    assert results == {"a": CANCELLED, "b": SUCCESS, "c": SKIPPED}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_a_leg_raises_ends_all_of_them(error: type[BaseException]) -> None:
    work = FakeWork()
    killed = threading.Event()

    def fail(_: RunningLeg) -> Conclusion:
        raise error

    def wait_until_killed(running: RunningLeg) -> Conclusion:
        running.control.kill = killed.set  # type: ignore[method-assign]  # seen from here
        assert killed.wait(LONG)
        return CANCELLED

    work.acts = {"a0": wait_until_killed, "b0": fail}
    with pytest.raises(error):
        run(parse_jobs(a=[], b=[]), work)
    assert killed.is_set()
    assert "a0 ends" in work.diary


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "1m0s"), (3.7, "0m3s"), (21600, "6h0m0s")]
)
def test_limits_are_written_as_github_does(seconds: float, text: str) -> None:
    assert format_limit(seconds) == text
