"""What runs leave for later ones does not grow for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.locks import HeldLock
from generator.runner.isolation.pruning import (
    IDLE_SECONDS,
    prune_logs,
    prune_virtualenvs,
)
from generator.runner.isolation.virtualenvs import release_slots, take_slot

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
def virtualenvs(tmp_path: Path) -> Path:
    """Five families of virtualenvs, the first used longest ago, with two slots each.

    That nobody has taken.
    """
    lock = HeldLock(tmp_path / "1.lock")
    for number in range(5):
        for _ in range(2):
            slot = take_slot(tmp_path / "virtualenvs" / f"family-{number}", lock.path)
            (slot / "env").mkdir()
        release_slots(tmp_path / "virtualenvs", lock.path)
        for path in (tmp_path / "virtualenvs" / f"family-{number}").glob("*"):
            used(path, NOW + number)
        used(tmp_path / "virtualenvs" / f"family-{number}", NOW + number)
    lock.release()
    return tmp_path / "virtualenvs"


def left(virtualenvs: Path) -> dict[str, int]:
    return {
        family.name: len(list(family.glob("*/env")))
        for family in virtualenvs.iterdir()
        if family.is_dir()
    }


def test_the_families_used_last_stay_with_all_their_slots(virtualenvs: Path) -> None:
    prune_virtualenvs(virtualenvs, NOW + 60, keep=2)
    assert left(virtualenvs) == {"family-3": 2, "family-4": 2}


def test_an_old_family_that_was_used_again_stays(
    virtualenvs: Path, tmp_path: Path
) -> None:
    lock = HeldLock(tmp_path / "2.lock")
    for path in virtualenvs.glob("family-[1-4]/*"):
        used(path, NOW - 100)
    for number in range(1, 5):
        used(virtualenvs / f"family-{number}", NOW - 100)
    take_slot(virtualenvs / "family-0", lock.path)
    release_slots(virtualenvs, lock.path)
    lock.release()
    prune_virtualenvs(virtualenvs, NOW, keep=1)
    assert left(virtualenvs) == {"family-0": 2}


def test_what_nobody_used_for_long_goes_slot_by_slot(virtualenvs: Path) -> None:
    used(virtualenvs / "family-4" / "1", NOW - 1)
    prune_virtualenvs(virtualenvs, NOW + IDLE_SECONDS)
    assert left(virtualenvs) == {
        "family-0": 2,
        "family-1": 2,
        "family-2": 2,
        "family-3": 2,
        "family-4": 1,
    }


def test_what_a_run_has_taken_stays_and_what_a_killed_prune_left_goes(
    virtualenvs: Path, tmp_path: Path
) -> None:
    alive, dead = HeldLock(tmp_path / "alive.lock"), HeldLock(tmp_path / "dead.lock")
    taken = take_slot(virtualenvs / "family-0", alive.path)
    take_slot(virtualenvs / "family-1", dead.path)
    dead.release()
    (virtualenvs / "doomed-1" / "env").mkdir(parents=True)
    for path in virtualenvs.rglob("*"):
        used(path, NOW - 10 * IDLE_SECONDS)
    prune_virtualenvs(virtualenvs, NOW, keep=0)
    assert left(virtualenvs) == {"family-0": 1}
    assert (taken / "env").is_dir()
    prune_virtualenvs(virtualenvs / "none", NOW)
