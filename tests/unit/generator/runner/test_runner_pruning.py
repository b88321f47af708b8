"""What runs leave for later ones does not grow for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.runner.isolation.pruning import (
    IDLE_SECONDS,
    prune_environments,
    prune_logs,
)
from generator.runner.isolation.virtualenvs import HeldLock, give_back, take_slot

NOW = 1_000_000_000.0  # long ago: what a test takes now is newer


def used(path: Path, at: float) -> None:
    os.utime(path, (at, at))


def test_the_newest_logs_stay(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.jsonl").touch()
        used(tmp_path / f"{number}.jsonl", NOW + number)
    (tmp_path / "notes.txt").touch()
    prune_logs(tmp_path, keep=3)
    assert {path.name for path in tmp_path.iterdir()} == {
        "5.jsonl",
        "6.jsonl",
        "7.jsonl",
        "notes.txt",
    }
    prune_logs(tmp_path / "none")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Five kinds of environment, the first used longest ago, with two slots each.

    That nobody has taken.
    """
    lock = HeldLock(tmp_path / "1.lock")
    for number in range(5):
        for _ in range(2):
            slot = take_slot(tmp_path / "pool" / f"kind-{number}", lock.path)
            (slot / "env").mkdir()
        give_back(tmp_path / "pool", lock.path)
        for path in (tmp_path / "pool" / f"kind-{number}").glob("*"):
            used(path, NOW + number)
        used(tmp_path / "pool" / f"kind-{number}", NOW + number)
    lock.release()
    return tmp_path / "pool"


def left(pool: Path) -> dict[str, int]:
    return {
        kind.name: len(list(kind.glob("*/env")))
        for kind in pool.iterdir()
        if kind.is_dir()
    }


def test_the_kinds_used_last_stay_with_all_their_slots(pool: Path) -> None:
    prune_environments(pool, NOW + 60, keep=2)
    assert left(pool) == {"kind-3": 2, "kind-4": 2}


def test_an_old_kind_that_was_used_again_stays(pool: Path, tmp_path: Path) -> None:
    lock = HeldLock(tmp_path / "2.lock")
    for path in pool.glob("kind-[1-4]/*"):
        used(path, NOW - 100)
    for number in range(1, 5):
        used(pool / f"kind-{number}", NOW - 100)
    take_slot(pool / "kind-0", lock.path)
    give_back(pool, lock.path)
    lock.release()
    prune_environments(pool, NOW, keep=1)
    assert left(pool) == {"kind-0": 2}


def test_what_nobody_used_for_long_goes_slot_by_slot(pool: Path) -> None:
    used(pool / "kind-4" / "1", NOW - 1)
    prune_environments(pool, NOW + IDLE_SECONDS)
    assert left(pool) == {
        "kind-0": 2,
        "kind-1": 2,
        "kind-2": 2,
        "kind-3": 2,
        "kind-4": 1,
    }


def test_what_a_run_has_taken_stays_and_what_a_killed_prune_left_goes(
    pool: Path, tmp_path: Path
) -> None:
    alive, dead = HeldLock(tmp_path / "alive.lock"), HeldLock(tmp_path / "dead.lock")
    taken = take_slot(pool / "kind-0", alive.path)
    take_slot(pool / "kind-1", dead.path)
    dead.release()
    (pool / "doomed-1" / "env").mkdir(parents=True)
    for path in pool.rglob("*"):
        used(path, NOW - 10 * IDLE_SECONDS)
    prune_environments(pool, NOW, keep=0)
    assert left(pool) == {"kind-0": 1}
    assert (taken / "env").is_dir()
    prune_environments(pool / "none", NOW)
