"""`wfgen simulate` on real runs: what is kept, what is lost, and what a clock decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from generator.cli import main
from generator.process import SystemRunner
from generator.rendering.repository import render_repository
from generator.rendering.writer import compare, write

pytestmark = pytest.mark.act
Document: TypeAlias = dict[str, Any]
Play: TypeAlias = Callable[..., Document]
UPLOAD = """
      - uses: actions/upload-artifact@v7
        with: {name: model-state, path: model.pkl, retention-days: 3}
"""


@pytest.fixture
def play(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Play:
    """Plays a timeline by the command, and returns its JSON with the exit code."""

    def run(*words: str) -> Document:
        arguments = ["simulate", "--model", "--json", "-C", str(tmp_path), *words]
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        printed = capsys.readouterr()
        assert printed.out, printed.err
        document: Document = json.loads(printed.out)
        document["exit_code"] = caught.value.code
        return document

    return run


def commit(root: Path) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    commands = (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "x"])
    for command in commands:
        done = SystemRunner().run(["git", *identity, *command], cwd=root)
        assert done.exit_code == 0, done.stderr


def write_workflow(root: Path, steps: str, head: str = "") -> None:
    path = root / ".github/workflows/train.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "on:\n  schedule: [cron: 17 3 * * *]\n  workflow_dispatch:\n"
        f"permissions: {{contents: write}}\n{head}"
        "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - uses: actions/checkout@v7\n{steps}"
    )
    (root / "README.md").write_text("A project.\n")
    commit(root)


def list_kinds(document: Document) -> set[str]:
    return {violation["kind"] for violation in document["violations"]}


def test_the_default_rendering_keeps_its_state(tmp_path: Path, play: Play) -> None:
    write(tmp_path, compare(tmp_path, render_repository(tmp_path, {}, {})))
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/__main__.py").touch()
    commit(tmp_path)
    document = play("--days", "3", "--fault", "training-fails")
    assert document["violations"] == []
    assert document["exit_code"] == 0
    assert (document["updates"], document["scheduled"]) == (2, 3)


def test_state_that_is_never_restored_is_shown_by_two_runs(
    tmp_path: Path, play: Play
) -> None:
    steps = (
        "      - uses: actions/download-artifact@v7\n"
        "        with: {name: model-state}\n"
        "        continue-on-error: true\n"
        "      - run: python train.py model.pkl\n"
    )
    write_workflow(tmp_path, steps + UPLOAD)
    document = play("--days", "3")
    assert list_kinds(document) == {"never-restored"}
    assert document["exit_code"] == 1
    smallest = document["smallest"]["never-restored"]
    assert len(smallest["events"]) == 2
    scenario = tmp_path / "again.json"
    scenario.write_text(json.dumps(smallest))
    again = play("--scenario", str(scenario), "--no-shrink")
    assert list_kinds(again) == {"never-restored"}


PUSH = """
      - run: python train.py log.json
      - run: |
          git config user.name bot
          git config user.email bot@example.invalid
          git add log.json
          git commit -m "New readings"
          {pull}git push
"""


def test_a_push_in_between_discards_a_run_that_does_not_rebase(
    tmp_path: Path, play: Play
) -> None:
    write_workflow(tmp_path, PUSH.format(pull=""))
    document = play("--days", "3", "--fault", "racing-push", "--no-shrink")
    assert list_kinds(document) == {"discarded"}
    assert document["updates"] == 2


def test_one_that_rebases_keeps_its_state(tmp_path: Path, play: Play) -> None:
    write_workflow(tmp_path, PUSH.format(pull="git pull --rebase\n          "))
    document = play("--days", "3", "--fault", "racing-push")
    assert document["violations"] == []
    assert document["updates"] == 3


def make_overlap(root: Path) -> Path:
    """Two runs, the second of which begins while the first one trains."""
    events = []
    for minute in ("00", "04"):
        at = f"2026-01-01T05:{minute}:00Z"
        events.append({"at": at, "event": "workflow_dispatch"})
    document = {"format": 1, "start": "2026-01-01T00:00:00Z", "events": events}
    path = root / "overlap.json"
    path.write_text(json.dumps(document))
    return path


CACHE = """
      - uses: actions/cache@v5
        with: {path: db.sqlite, key: "db-${{ github.run_id }}", restore-keys: db-}
      - run: python train.py db.sqlite
"""


@pytest.mark.parametrize(
    ("head", "kinds", "conclusions"),
    [
        ("", {"forked"}, ["success", "success"]),
        ("concurrency: {group: a}\n", set(), ["success", "success"]),
        (
            "concurrency: {group: a, cancel-in-progress: true}\n",
            {"cancelled"},
            ["cancelled", "success"],
        ),
    ],
)
def test_runs_overlap_wait_and_cancel_by_the_virtual_clock(
    head: str,
    kinds: set[str],
    conclusions: list[str],
    tmp_path: Path,
    play: Play,
) -> None:
    write_workflow(tmp_path, CACHE, head)
    document = play("--scenario", str(make_overlap(tmp_path)), "--no-shrink")
    assert list_kinds(document) == kinds
    assert [run["conclusion"] for run in document["runs"]] == conclusions


def test_a_workflow_that_trains_nothing_is_not_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_workflow(tmp_path, "      - run: ls\n")
    with pytest.raises(SystemExit) as caught:
        main(["simulate", "-C", str(tmp_path)])
    assert caught.value.code == 3
    assert "name it with --training" in capsys.readouterr().err


def test_nothing_is_left_in_the_repository(tmp_path: Path, play: Play) -> None:
    write_workflow(tmp_path, "      - run: python train.py model.pkl\n" + UPLOAD)
    play("--days", "1", "--no-shrink")
    status = ["git", "status", "--porcelain", "--ignored"]
    left = SystemRunner().run(status, cwd=tmp_path)
    assert left.stdout == "!! .wfgen/\n"
    assert list((tmp_path / ".wfgen/simulations").iterdir()) == []
    assert not (tmp_path / ".wfgen/github").exists()
