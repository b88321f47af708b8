"""The folders of a run, and those that killed runs left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import OutputError
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


def test_a_checkout_that_cannot_be_written_is_said_with_what_helps(
    tmp_path: Path,
) -> None:
    (tmp_path / "checkout").touch()
    with pytest.raises(OutputError, match="cannot be written") as caught:
        prepare_state(tmp_path / "checkout" / ".wfgen")
    assert f"write in {tmp_path / 'checkout'}" in caught.value.hint


def test_blanks_in_both_the_path_and_tmpdir_stay_out_of_the_runs_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "my temporary files"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with make_run_folders(tmp_path / "my project/.wfgen") as folders:
        assert " " not in str(folders.base)
        assert folders.base.stat().st_mode & 0o777 == 0o700
    assert not folders.base.exists()
