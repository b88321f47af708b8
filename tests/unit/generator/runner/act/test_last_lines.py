"""A shell that failed waits until its last line was read, and nobody sees how."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from generator.runner.act.last_lines import MARKER, take_marker, write_shell


def log_line(message: str) -> str:
    return json.dumps({"level": "info", "msg": message, "raw_output": True})


@pytest.mark.parametrize("message", [f"  | {MARKER}17\n", f"{MARKER}17"])
def test_a_line_that_is_a_marker_alone_is_taken_out(
    message: str, tmp_path: Path
) -> None:
    assert take_marker(log_line(message), tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [f"{MARKER}17"]


def test_a_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    line = take_marker(log_line(f"  | the cause{MARKER}17\n"), tmp_path)
    assert line is not None
    assert json.loads(line)["msg"] == "  | the cause\n"


def test_other_lines_stay_as_they_are(tmp_path: Path) -> None:
    for line in (log_line("hello"), "no JSON", ""):
        assert take_marker(line, tmp_path) == line
    assert list(tmp_path.iterdir()) == []


def test_nobody_waits_where_the_run_is_over(tmp_path: Path) -> None:
    assert take_marker(log_line(f"{MARKER}17"), tmp_path / "gone") is None


def test_a_shell_that_act_did_not_start_ends_at_once(tmp_path: Path) -> None:
    shell = tmp_path / "a 'quoted' shell"
    write_shell(shell, "/bin/sh")
    argv = [str(shell), "-c", "echo out; exit 3"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "out\n")
