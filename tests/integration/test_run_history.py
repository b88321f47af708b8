"""`wfgen runs` and `wfgen artifacts` after real runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
WFGEN = [sys.executable, "-m", "wfgen_actions.generator"]
WORKFLOW = """
name: Small
on: push
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p out/deep && echo "<p>run $GITHUB_RUN_NUMBER</p>" > out/deep/report.html
      - uses: actions/upload-artifact@v4
        with: {name: training-logs, path: out}
      - if: vars.FAIL
        run: exit 1
"""


# Stands in for the desktop's own, which would open a window.
OPENER = '#!/bin/sh\necho "$1" > {folder}/opened.new && mv {folder}/opened.new {folder}/opened\n'


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_text(encoding="utf-8")


def wfgen(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WFGEN, *words],
        cwd=project.root,
        env={**os.environ, "PATH": f"{project.root}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_what_was_run_here_can_be_looked_at(project: Project) -> None:
    none = wfgen(project, "runs")
    assert (none.returncode, "no run was made here yet" in none.stderr) == (2, True)
    project.write(".github/workflows/small.yml", WORKFLOW)
    project.write("bin/xdg-open", OPENER.format(folder=project.root))
    (project.root / "bin/xdg-open").chmod(0o755)
    assert wfgen(project, "run", "small.yml").returncode == 0
    assert wfgen(project, "run", "small.yml", "--var", "FAIL=1").returncode == 1

    lines = wfgen(project, "runs").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["run", "#2", "#1"]
    assert ("failure" in lines[1], "success" in lines[2]) == (True, True)
    runs = json.loads(wfgen(project, "runs", "--json", "--limit", "1").stdout)["runs"]
    assert [(run["number"], run["conclusion"]) for run in runs] == [(2, "failure")]

    assert "training-logs" in wfgen(project, "artifacts", "#1").stdout
    got = wfgen(project, "artifacts", "1", "--extract", "got")
    assert got.returncode == 0, got.stderr
    report = project.root / "got/training-logs/deep/report.html"
    assert report.read_text(encoding="utf-8") == "<p>run 1</p>\n"
    report.write_text("mine", encoding="utf-8")
    again = wfgen(project, "artifacts", "2", "--extract", "got")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert report.read_text(encoding="utf-8") == "mine"

    opened = wfgen(project, "artifacts", "--open")
    shown = opened.stdout.rstrip()
    assert shown.endswith("training-logs/deep/report.html")
    assert wait_for(project.root / "opened") == f"{shown}\n"
    for words in (["9"], ["--name", "other"]):
        refused = wfgen(project, "artifacts", *words)
        assert refused.returncode == 2, refused.stdout
