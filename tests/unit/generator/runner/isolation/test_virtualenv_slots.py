"""Locks that end with their holder, and slots that runs take and release."""

from __future__ import annotations

import threading
from pathlib import Path

from generator.locks import HeldLock, is_held
from generator.runner.isolation.virtualenvs import release_slots, take_slot


def test_a_lock_is_held_until_it_is_let_go(tmp_path: Path) -> None:
    lock = HeldLock(tmp_path / "lock")
    assert is_held(lock.path)
    lock.release()
    assert not is_held(lock.path)
    assert not is_held(tmp_path / "none")


def test_slots_go_to_one_run_each_and_come_back(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    first, second = HeldLock(tmp_path / "1.lock"), HeldLock(tmp_path / "2.lock")
    slots = [take_slot(pool / "key", lock.path) for lock in (first, first, second)]
    assert [slot.name for slot in slots] == ["0", "1", "2"]
    (slots[0] / "env").mkdir()
    release_slots(pool, first.path)
    assert take_slot(pool / "key", second.path) == slots[0]
    assert (slots[0] / "env").is_dir()


def test_what_a_killed_run_left_in_its_slot_is_gone(tmp_path: Path) -> None:
    dead, alive = HeldLock(tmp_path / "dead.lock"), HeldLock(tmp_path / "alive.lock")
    slot = take_slot(tmp_path / "pool/key", dead.path)
    (slot / "half-made").touch()
    dead.release()
    assert take_slot(tmp_path / "pool/key", alive.path) == slot
    assert not (slot / "half-made").exists()


def test_slots_are_taken_by_many_at_once_without_a_double(tmp_path: Path) -> None:
    lock = HeldLock(tmp_path / "lock")
    taken: list[Path] = []
    threads = [
        threading.Thread(
            target=lambda: taken.append(take_slot(tmp_path / "p/k", lock.path))
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 12
