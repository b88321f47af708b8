"""The pytest plugin, in a repository of its own and a pytest of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from generator.process import SystemRunner

pytestmark = pytest.mark.act
ROOT = Path(__file__).parents[2]
WORKFLOW = """
on:
  schedule: [cron: 17 3 * * *]
  pull_request:
permissions: {actions: read, contents: read}
concurrency: {group: a}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: actions/cache/restore@v5
        with: {path: db, key: "none", restore-keys: db-}
      - name: Fetch rows
        run: curl -f https://x.invalid/rows.csv -o rows.csv
      - name: Look at them
        run: test "$(cat rows.csv)" = "a,b"
      - name: Train
        run: python train.py db
      - uses: actions/cache/save@v5
        if: github.event_name != 'pull_request'
        with: {path: db, key: "db-${{ github.run_id }}"}
"""
TESTS = """
import pytest


@pytest.fixture(autouse=True)
def rows(workflow):
    workflow.stub("Fetch rows", files={"rows.csv": "a,b"})


def test_each_night_adds_one(timeline):
    runs = timeline.advance(days=3)
    assert [run.conclusion for run in runs] == ["success"] * 3
    assert timeline.violations == ()
    assert timeline.count == 3


def test_a_failed_night_changes_nothing(timeline):
    timeline.run()
    failed = timeline.run(fault="training-fails")
    assert failed.conclusion == "failure"
    assert timeline.count == 1
    assert timeline.run().count == 2


def test_a_fork_can_write_nothing(timeline, github):
    timeline.run()
    timeline.run("pull_request", from_fork=True, head_branch="main")
    assert len(github.list_caches()) == 1
    assert timeline.violations == ()


def test_a_stub_that_is_no_step(workflow, timeline):
    workflow.stub("Tarin")
    with pytest.raises(Exception, match="no step is called 'Tarin'"):
        timeline.run()
"""


def test_a_project_tests_its_workflow(tmp_path: Path) -> None:
    path = tmp_path / ".github/workflows/nightly.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW)
    (tmp_path / "test_nights.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    # The whole repository is what is tested: its folder is made one by git.
    SystemRunner().run(["git", "init", "-q", "-b", "main"], cwd=tmp_path)
    plugin = "generator.testing.plugin"
    options = ["-q", "-p", "no:cacheprovider", "--wfgen-keep"]
    argv = [sys.executable, "-m", "pytest", "-p", plugin, *options]
    # Where wfgen is installed, pytest would load the plugin by itself, a second time.
    autoload = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | autoload
    done = SystemRunner().run(argv, cwd=tmp_path, env=environment)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
