"""One run of a concurrency group at a time; of those that wait the newest, or all in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from generator.locks import HeldLock
from generator.runner.isolation.concurrency import (
    ConcurrencyGroup,
    SupersededError,
    take_turn,
)


class Runs:
    """Runs of a group, each in a thread, that go on until they are let go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self.threads: list[threading.Thread] = []

    def begin(self, name: str, group: ConcurrencyGroup) -> None:
        self.gates[name] = threading.Event()
        thread = threading.Thread(target=self._run, args=(name, group))
        self.threads.append(thread)
        thread.start()
        wait_until(lambda: any(line.startswith(f"{name} ") for line in self.told))

    def _run(self, name: str, group: ConcurrencyGroup) -> None:
        try:
            with take_turn(self.folder, group, lambda: self._waits(name)):
                self.told.append(f"{name} begins")
                self.gates[name].wait(10)
                self.told.append(f"{name} ends")
        except SupersededError:
            self.told.append(f"{name} is superseded")

    def _waits(self, name: str) -> None:
        if f"{name} waits" not in self.told:
            self.told.append(f"{name} waits")

    def end_all(self) -> list[str]:
        for gate in self.gates.values():
            gate.set()
        for thread in self.threads:
            thread.join()
        return self.told


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_of_those_that_wait_the_newest_stays(tmp_path: Path) -> None:
    runs, group = Runs(tmp_path), ConcurrencyGroup("g", queues=False)
    for name in "abc":
        runs.begin(name, group)
    wait_until(lambda: "b is superseded" in runs.told)
    assert runs.end_all() == [
        "a begins",
        "b waits",
        "c waits",
        "b is superseded",
        "a ends",
        "c begins",
        "c ends",
    ]


def test_two_that_come_at_once_both_have_their_turn(tmp_path: Path) -> None:
    group = ConcurrencyGroup("g")
    for _ in range(20):
        meeting = threading.Barrier(2, timeout=10)
        done: list[str] = []

        def enter(meeting: threading.Barrier = meeting, done: list[str] = done) -> None:
            meeting.wait()
            with take_turn(tmp_path, group, lambda: None):
                done.append("had its turn")

        threads = [threading.Thread(target=enter) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 2


def test_a_queue_keeps_all_in_order(tmp_path: Path) -> None:
    runs, group = Runs(tmp_path), ConcurrencyGroup("g", queues=True)
    for name in "abc":
        runs.begin(name, group)
    assert runs.end_all() == [
        *("a begins", "b waits", "c waits", "a ends"),
        *("b begins", "b ends", "c begins", "c ends"),
    ]


def test_who_cancels_takes_the_turn_of_the_one_that_is_going_on(tmp_path: Path) -> None:
    group = ConcurrencyGroup("g", cancels=True)
    runs = Runs(tmp_path)
    with take_turn(tmp_path, group, lambda: None) as turn:
        assert not turn.find_reason()
        runs.begin("a", group)
        assert "waiting request for g exists" in turn.find_reason()
        assert runs.told == ["a waits"]
    assert runs.end_all() == ["a waits", "a begins", "a ends"]


def test_other_groups_do_not_wait_and_case_makes_no_other_group(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    for name, group in (("a", "g"), ("b", "h"), ("c", "G")):
        runs.begin(name, ConcurrencyGroup(group, queues=True))
    assert runs.told == ["a begins", "b begins", "c waits"]
    runs.end_all()


def test_a_run_that_was_killed_keeps_nobody_waiting(tmp_path: Path) -> None:
    group = ConcurrencyGroup("g", queues=False)
    with take_turn(tmp_path, group, lambda: None):
        (ticket,) = tmp_path.glob("*/*.ticket")
    killed = HeldLock(ticket)
    killed.path.write_text("going on")
    killed.release()
    runs = Runs(tmp_path)
    runs.begin("a", group)
    assert runs.told == ["a begins"]
    runs.end_all()
    assert not list(tmp_path.glob("*/*.ticket"))
