"""The folders of a run, and those that killed runs left behind."""

from __future__ import annotations

from pathlib import Path

from generator.runner.isolation.run_directory import (
    make_run_folders,
    prepare_state,
    sweep,
)


def test_run_folders_go_and_sweep_what_died(tmp_path: Path) -> None:
    state = prepare_state(tmp_path / "state")
    assert (state / ".gitignore").read_text() == "*\n"
    dead = state / "runs" / "dead"
    (dead / "locked").mkdir(parents=True)
    (dead / "locked" / "file").touch()
    (dead / "locked").chmod(0o500)
    (state / "runs" / "dead.lock").write_text("17")
    (state / "runs" / "died-early.lock").touch()
    with make_run_folders(state) as folders:
        folders.record_owner(18)
        assert folders.dead_run_ids == (17,)
        assert sweep(state / "runs") == ()
        assert not dead.exists()
        assert folders.home.is_dir()
        assert folders.base.stat().st_mode & 0o077 == 0
    assert list((state / "runs").iterdir()) == []
