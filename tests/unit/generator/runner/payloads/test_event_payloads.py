"""Payloads of events, held to GitHub's schemas of webhooks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from generator.process import SystemRunner
from generator.runner.events import Event, choose_base, make_event
from generator.runner.models import RunRequest
from generator.runner.payloads.history import read_history
from generator.runner.repository import read_repository
from generator.workflow.parser import read_workflow
from tests.judges.webhooks import judge_payload

PATH = Path(".github/workflows/w.yml")
ACTIVITIES = (
    "opened",
    "synchronize",
    "reopened",
    "closed",
    "labeled",
    "unlabeled",
    "assigned",
    "unassigned",
    "edited",
    "locked",
    "unlocked",
    "ready_for_review",
    "converted_to_draft",
    "review_requested",
    "review_request_removed",
)
WORKFLOW = f"""
on:
  push:
  pull_request: {{types: [{", ".join(ACTIVITIES)}]}}
  schedule: [{{cron: 1 2 * * *}}]
  workflow_dispatch: {{inputs: {{rounds: {{type: number, default: 3}}}}}}
jobs: {{a: {{}}}}
"""


def git(folder: Path, *arguments: str) -> str:
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    process = subprocess.run(
        ["git", *person, *arguments],  # noqa: S607 - whichever git is there
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return process.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a branch `topic` on which three files differ from `main`."""
    root = tmp_path / "repository"
    (root / PATH).parent.mkdir(parents=True)
    (root / PATH).write_text(WORKFLOW)
    (root / "old.txt").write_text("one\ntwo\n")
    (root / "gone.txt").write_text("one\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Begin")
    git(root, "checkout", "--quiet", "-b", "topic")
    (root / "old.txt").write_text("one\nthree\nfour\n")
    (root / "new.bin").write_bytes(bytes(range(256)))
    (root / "gone.txt").unlink()
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Change\n\nwith a body")
    return root


def make(root: Path, event: str, **fields: Any) -> Event:  # noqa: ANN401 - of a request
    """An event as a run has it."""
    request = RunRequest(root, PATH, event, **fields)
    runner = SystemRunner()
    repository = read_repository(root, runner, name="me/it")
    history = read_history(
        root,
        runner,
        repository.sha,
        repository.parent_sha,
        base=choose_base(request, repository),
    )
    workflow = read_workflow(root, PATH)
    return make_event(workflow, request, repository, history=history)


@pytest.mark.parametrize("tag", ["", "v1"])
def test_a_push_is_as_github_says(root: Path, tag: str) -> None:
    assert judge_payload("push", dict(make(root, "push", tag=tag).payload)) == []


@pytest.mark.parametrize("from_fork", [False, True])
@pytest.mark.parametrize("activity", ACTIVITIES)
def test_a_pull_request_is_as_github_says(
    root: Path, activity: str, *, from_fork: bool
) -> None:
    event = make(root, "pull_request", activity=activity, from_fork=from_fork)
    assert judge_payload("pull_request", dict(event.payload)) == []


def test_a_dispatch_is_as_github_says(root: Path) -> None:
    event = make(root, "workflow_dispatch", inputs={"rounds": "4"})
    assert judge_payload("workflow_dispatch", dict(event.payload)) == []


def test_a_commit_that_git_does_not_know_is_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text(WORKFLOW)
    for name in ("push", "pull_request"):
        assert judge_payload(name, dict(make(tmp_path, name).payload)) == []


def test_a_schedule_has_repository_and_sender_besides_its_cron(root: Path) -> None:
    # GitHub describes no such webhook: none is sent for it.
    payload = make(root, "schedule").payload
    assert payload["schedule"] == "1 2 * * *"
    assert payload["repository"]["owner"]["login"] == "me"
    assert payload["sender"]["login"] == "local"


def test_a_pull_request_has_another_base_and_says_what_changed(root: Path) -> None:
    pull = make(root, "pull_request").payload["pull_request"]
    assert pull["base"]["sha"] == git(root, "rev-parse", "main")
    assert pull["head"]["sha"] == git(root, "rev-parse", "topic")
    assert (pull["base"]["ref"], pull["commits"]) == ("main", 1)
    counts = (pull["changed_files"], pull["additions"], pull["deletions"])
    assert counts == (3, 2, 2)


def test_a_base_that_went_on_does_not_count_as_changed(root: Path) -> None:
    git(root, "checkout", "--quiet", "main")
    (root / "later.txt").write_text("later\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Go on")
    git(root, "checkout", "--quiet", "topic")
    pull = make(root, "pull_request").payload["pull_request"]
    assert pull["base"]["sha"] == git(root, "rev-parse", "main")
    assert (pull["commits"], pull["changed_files"]) == (1, 3)


def test_a_push_names_author_and_files(root: Path) -> None:
    commit = make(root, "push").payload["head_commit"]
    assert commit["author"] == {"name": "Ada", "email": "ada@example.org"}
    assert commit["message"] == "Change\n\nwith a body"
    assert (commit["added"], commit["removed"]) == (["new.bin"], ["gone.txt"])
    assert commit["modified"] == ["old.txt"]
