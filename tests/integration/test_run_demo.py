"""`wfgen demo` with the real pipeline: the main job, end to end, on real data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.act
CHECKOUT = Path(__file__).parents[2]


def demo(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wfgen_actions.generator", "demo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **(environment or {})},
        # Nobody else may read what it makes, as on a machine of many users.
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_the_demo_continues_its_first_run_and_can_be_had_again_at_once(
    tmp_path: Path,
) -> None:
    """In folders with blanks, and with a home that nobody can write to."""
    folder, temporary = tmp_path / "check out", tmp_path / "for now"
    folder.mkdir()
    temporary.mkdir()
    shutil.copytree(
        CHECKOUT / "pipeline",
        folder / "pipeline",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(CHECKOUT / "requirements.txt", folder)
    before = {path for path in folder.rglob("*") if path.is_file()}
    environment = {"TMPDIR": str(temporary), "HOME": "/proc"}
    for _ in range(2):
        done = demo(folder, "--iterations", "1", environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        table = [
            re.split(r"  +", line)
            for line in done.stdout.splitlines()
            if re.match(r"#[12] ", line)
        ]
        assert [row[:5] for row in table] == [
            ["#1", "push", "nothing", "1000", "1000"],
            ["#2", "schedule", "run #1", "1000", "2000"],
        ]
        assert "run #2 continued run #1 and has twice its rows" in done.stdout
    after = {
        path
        for path in folder.rglob("*")
        if path.is_file() and ".wfgen" not in path.parts
    }
    assert after == before


def test_the_demo_fails_where_the_second_run_does_not_continue(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    (folder / "pipeline").mkdir(parents=True)
    (folder / "requirements.txt").write_text("")
    (folder / "pipeline" / "__main__.py").write_text(
        "import json, pathlib\n"
        "for name in ('model', 'data', 'logs'):\n"
        "    folder = pathlib.Path('runtime', name)\n"
        "    folder.mkdir(parents=True, exist_ok=True)\n"
        "    summary = {'rows_this_run': 5, 'rows_total': 5}\n"
        "    (folder / 'summary.json').write_text(json.dumps(summary))\n"
    )
    done = demo(folder)
    assert done.returncode == 1
    assert "run #2 was trained on 5 rows and not 10" in done.stderr


def test_the_demo_refuses_settings_that_are_none(tmp_path: Path) -> None:
    done = demo(tmp_path, "--retention", "91")
    assert done.returncode == 2
    assert "91" in done.stderr
    assert "Traceback" not in done.stderr
