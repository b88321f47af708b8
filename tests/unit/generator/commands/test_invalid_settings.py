"""Settings that cannot be read stop every command that works by them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.cli import main


@pytest.mark.parametrize("command", ["check", "run", "render"])
def test_an_invalid_file_stops_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    git = ["git", "init", "-q", str(tmp_path)]
    subprocess.run(git, check=True)
    (tmp_path / "wfgen.toml").write_text("iterations = 'many'\n", "utf-8")
    workflow = tmp_path / ".github/workflows/train.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\njobs: {}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main([command])
    assert caught.value.code == 2
    assert "iterations" in capsys.readouterr().err
