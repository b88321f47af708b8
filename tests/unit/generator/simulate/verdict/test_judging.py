"""The verdict, from records of runs: each kind of violation, and none where all is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from generator.runner.models import Conclusion
from generator.simulate.play.records import (
    KeptArtifact,
    PlayedRun,
    PlayedStep,
    Simulation,
)
from generator.simulate.timeline.records import FaultKind, Scenario, TimedEvent
from generator.simulate.verdict.costs import find_longest_gap, measure_costs
from generator.simulate.verdict.deciding import decide
from generator.simulate.verdict.judging import find_violations
from generator.simulate.verdict.records import ViolationKind

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_run(number: int, found: str, written: str) -> PlayedRun:
    """A night: states are words, "" is none; what is written is saved."""
    begun = START + timedelta(days=number)
    expires = begun + timedelta(days=5)
    files = {"state": found} if found else {}
    return PlayedRun(
        event=number - 1,
        workflow="a.yml",
        number=number,
        attempt=1,
        run_id=number,
        due=begun,
        begun=begun,
        ended=begun + timedelta(minutes=10),
        conclusion=Conclusion.SUCCESS,
        is_trusted=True,
        trained_at=begun,
        found=files,
        written={"state": written},
        exit_code=0,
        count=0,
        saved=frozenset({written}) - {found},
        held=frozenset("abcdxyz"),
        artifacts=(KeptArtifact("state", 100, begun, expires),),
        steps=(),
        seconds=1.0,
    )


def simulate(*runs: PlayedRun, fault: FaultKind = FaultKind.NONE) -> Simulation:
    begun = [run.begun for run in runs]
    events = [TimedEvent(at, "schedule", due=at, fault=fault) for at in begun]
    numbered = [replace(run, event=place) for place, run in enumerate(runs)]
    scenario = Scenario(START, 30, tuple(events))
    return Simulation(scenario, tuple(numbered), (), (), True, True)


def find_kinds(*runs: PlayedRun, fault: FaultKind = FaultKind.NONE) -> list[str]:
    found = find_violations(simulate(*runs, fault=fault))
    return [violation.kind.value for violation in found]


A = make_run(1, "", "a")
B = make_run(2, "a", "b")
C = make_run(3, "b", "c")


def test_a_chain_of_states_is_no_violation() -> None:
    assert find_kinds(A, B, C) == []


def test_a_run_that_learnt_nothing_hands_the_state_on() -> None:
    quiet = make_run(2, "a", "a")
    assert find_kinds(A, quiet, make_run(3, "a", "c")) == []


def test_state_that_nobody_restores_is_told_of_once_a_run() -> None:
    fresh = make_run(2, "", "b"), make_run(3, "", "c")
    assert find_kinds(A, *fresh) == ["never-restored"] * 2


def test_a_fresh_start_over_state_is_an_overwriting_one() -> None:
    assert find_kinds(A, B, make_run(3, "", "c")) == ["overwritten"]
    unsaved = replace(make_run(3, "", "c"), saved=frozenset())
    assert find_kinds(A, B, unsaved)[0] == "lost"


def test_state_that_had_expired_is_told_apart() -> None:
    late = replace(make_run(20, "", "z"), held=frozenset())
    violations = find_violations(simulate(A, B, late))
    assert [violation.kind.value for violation in violations] == ["expired"]
    assert "it had expired by then (2026-01-08 00:00)" in violations[0].message


def test_an_older_state_is_a_step_back() -> None:
    assert find_kinds(A, B, make_run(3, "a", "c")) == ["rolled-back"]


def test_two_at_once_from_one_state_fork_it() -> None:
    begun = B.begun + timedelta(minutes=3)
    twin = replace(
        make_run(3, "a", "c"),
        begun=begun,
        trained_at=begun,
        ended=begun + timedelta(minutes=10),
    )
    assert find_kinds(A, B, twin) == ["forked"]


def test_another_attempt_that_trains_the_same_again_is_told_of() -> None:
    again = replace(make_run(3, "a", "c"), run_id=2, number=2, attempt=2)
    assert "trained-twice" in find_kinds(A, B, again)


def test_parts_of_two_states_are_mixed() -> None:
    first = replace(A, written={"m": "a", "d": "x"}, saved=frozenset({"a", "x"}))
    second = replace(
        B,
        found={"m": "a", "d": "x"},
        written={"m": "b", "d": "y"},
        saved=frozenset({"b", "y"}),
    )
    third = replace(C, found={"m": "b", "d": "x"})
    assert "mixed" in find_kinds(first, second, third)


def test_a_file_that_stays_as_it_is_mixes_nothing() -> None:
    first = replace(A, written={"m": "a", "d": "x"}, saved=frozenset({"a", "x"}))
    second = replace(B, found={"m": "a", "d": "x"}, written={"m": "b", "d": "x"})
    third = replace(C, found={"m": "b", "d": "x"}, written={"m": "c", "d": "x"})
    assert find_kinds(first, second, third) == []


def test_what_a_pull_request_stored_is_not_to_be_gone_on_from() -> None:
    pull_request = replace(B, is_trusted=False)
    assert find_kinds(A, pull_request, C) == ["untrusted"]


def test_a_pull_request_that_only_reads_is_fine() -> None:
    pull_request = replace(B, is_trusted=False, saved=frozenset())
    assert find_kinds(A, pull_request, make_run(3, "a", "c")) == []


@pytest.mark.parametrize(
    ("conclusion", "fault", "expected"),
    [
        (Conclusion.SUCCESS, FaultKind.NONE, ["not-saved"]),
        (Conclusion.SUCCESS, FaultKind.UPLOAD_FAILS, ["not-saved"]),
        (Conclusion.FAILURE, FaultKind.NONE, ["discarded"]),
        (Conclusion.FAILURE, FaultKind.RACING_PUSH, ["discarded"]),
        (Conclusion.FAILURE, FaultKind.UPLOAD_FAILS, []),
        (Conclusion.FAILURE, FaultKind.RUNNER_LOST, []),
    ],
)
def test_learning_that_no_store_holds(
    conclusion: Conclusion, fault: FaultKind, expected: list[str]
) -> None:
    run = replace(A, saved=frozenset(), conclusion=conclusion)
    assert find_kinds(run, fault=fault) == expected


def test_a_failed_night_that_changes_nothing_is_no_violation() -> None:
    failed = replace(
        make_run(2, "a", "half"),
        exit_code=1,
        saved=frozenset(),
        conclusion=Conclusion.FAILURE,
    )
    assert find_kinds(A, failed, make_run(3, "a", "c")) == []
    stored = replace(failed, saved=frozenset({"half"}))
    assert "saved-after-failure" in find_kinds(A, stored)


def test_a_run_that_a_newer_one_cancels_loses_its_training() -> None:
    cancelled = replace(
        B, written=None, exit_code=None, conclusion=Conclusion.CANCELLED
    )
    assert find_kinds(A, cancelled) == ["cancelled"]


def test_a_restore_that_always_fails_lets_no_run_train() -> None:
    step = PlayedStep("a", "Fetch", Conclusion.FAILURE, 1.0)
    run = replace(A, found=None, written=None, exit_code=None, steps=(step,))
    simulation = replace(simulate(run), restores=frozenset({"Fetch"}))
    kinds = [violation.kind for violation in find_violations(simulation)]
    assert kinds == [ViolationKind.NEVER_TRAINED]
    other = replace(simulation, restores=frozenset({"Install"}))
    assert find_violations(other) == ()


def test_costs_and_gaps_are_those_of_the_virtual_clock() -> None:
    simulation = simulate(A, B, C)
    costs = measure_costs(simulation)
    assert (costs.minutes, costs.month_minutes) == (30, 30)
    assert costs.peak_bytes == 300
    assert find_longest_gap(simulation) == timedelta(days=27, minutes=-10)


def test_a_night_with_nothing_new_is_no_gap() -> None:
    quiet = [make_run(number, "a", "a") for number in range(2, 30)]
    verdict = decide(simulate(A, *quiet))
    assert (verdict.updates, verdict.unchanged) == (1, 28)
    assert verdict.longest_gap < timedelta(days=2)
    assert verdict.violations == ()


def test_the_smallest_timeline_is_played_before_it_is_told() -> None:
    runs = [A, B, C, make_run(4, "", "d")]
    whole = simulate(*runs)
    played = []

    def replay(scenario: Scenario) -> Simulation:
        """Three events at least are needed, so two are not enough."""
        played.append(len(scenario.events))
        if len(scenario.events) < 3:
            return simulate(A, B)
        return simulate(A, B, make_run(4, "", "d"))

    verdict = decide(whole, replay)
    assert len(verdict.smallest[ViolationKind.OVERWRITTEN].events) == 3
    assert played[0] == 2


def test_no_training_is_no_verdict() -> None:
    simulation = replace(simulate(A), has_sites=False)
    assert "name it with --training" in decide(simulation).unclear
    unreached = replace(A, found=None, written=None, exit_code=None)
    assert "no run came to its training" in decide(simulate(unreached)).unclear
