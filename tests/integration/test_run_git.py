"""State that a workflow keeps in git: each run starts from what the one before pushed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from generator.errors import WorkflowProblemError
from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]
SCRAPE = """
on:
  schedule: [{cron: '6 * * * *'}]
  push:
permissions: {contents: write}
jobs:
  scrape:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo row >> data.txt
          echo "rows $(wc -l < data.txt), note $(cat note.txt)"
      - run: |
          git config user.name bot
          git config user.email bot@example.org
          git add data.txt
          git commit -m "Latest data"
          git push
"""
WORKFLOW = "scrape.yml"


@pytest.fixture
def scraper(bare: Project) -> Project:
    bare.write(f".github/workflows/{WORKFLOW}", SCRAPE)
    bare.write("note.txt", "first")
    bare.write(".gitignore", "/.wfgen/\n")
    bare.commit()
    return bare


def git(project: Project, *words: str) -> str:
    identity = ("-c", "user.name=me", "-c", "user.email=me@localhost")
    return subprocess.run(
        ["git", *identity, *words],  # noqa: S607 - whichever git there is
        cwd=project.root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def run(project: Project, why: Why) -> str:
    result = project.run("schedule", workflow=WORKFLOW)
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    return result.log.read_text(encoding="utf-8")


def test_each_run_goes_on_from_the_commit_of_the_one_before(
    scraper: Project, why: Why
) -> None:
    head = git(scraper, "rev-parse", "HEAD")
    for rows in (1, 2, 3):
        assert f"rows {rows}, note first" in run(scraper, why)
    # The repository that it was started in is as it was.
    assert git(scraper, "rev-parse", "HEAD") == head
    assert git(scraper, "status", "--porcelain") == ""
    assert not (scraper.root / "data.txt").exists()
    last = scraper.run("schedule", workflow=WORKFLOW)
    assert last.pushed_commit == last.run.head_sha
    assert last.pushed_commit.startswith(last.notes[0].split()[2].rstrip(","))


def test_what_is_changed_here_lies_on_top_and_what_is_committed_is_merged(
    scraper: Project, why: Why
) -> None:
    run(scraper, why)
    scraper.write("note.txt", "changed")
    assert "rows 2, note changed" in run(scraper, why)
    git(scraper, "commit", "-qam", "mine")
    assert "rows 3, note changed" in run(scraper, why)
    # What runs pushed can be had, and then the two sides are one.
    remote = str(scraper.local_github.get_git_folder())
    git(scraper, "pull", "-q", "--no-rebase", "--no-edit", remote, "main")
    assert (scraper.root / "data.txt").read_text(encoding="utf-8") == "row\n" * 3
    assert "rows 4, note changed" in run(scraper, why)


def test_commits_that_conflict_stop_with_the_way_on(scraper: Project, why: Why) -> None:
    run(scraper, why)
    scraper.write("data.txt", "mine\n")
    git(scraper, "add", "data.txt")
    git(scraper, "commit", "-qm", "mine")
    with pytest.raises(WorkflowProblemError, match="conflict with yours") as stopped:
        scraper.run("schedule", workflow=WORKFLOW)
    assert "git pull --rebase" in stopped.value.hint


def test_no_run_pushes_to_the_remote_of_the_repository(
    scraper: Project, why: Why
) -> None:
    remote = scraper.root.parent / "theirs.git"
    git(scraper, "init", "-q", "--bare", str(remote))
    git(scraper, "remote", "add", "origin", str(remote))
    git(scraper, "push", "-q", "-u", "origin", "main")
    before = git(scraper, "ls-remote", "origin")
    for rows in (1, 2):
        assert f"rows {rows}, " in run(scraper, why)
    assert git(scraper, "ls-remote", "origin") == before


def test_without_the_right_the_push_is_refused(scraper: Project) -> None:
    text = SCRAPE.replace("contents: write", "contents: read")
    scraper.write(f".github/workflows/{WORKFLOW}", text)
    result = scraper.run("schedule", workflow=WORKFLOW)
    assert result.conclusion is Conclusion.FAILURE
    said = result.log.read_text(encoding="utf-8")
    assert "remote: Permission to local/project.git denied to github-actions" in said
    assert "The requested URL returned error: 403" in said


def test_what_fetches_first_finds_the_branch(scraper: Project, why: Why) -> None:
    text = SCRAPE.replace("echo row >>", "git fetch --depth=1; echo row >>")
    scraper.write(f".github/workflows/{WORKFLOW}", text)
    for rows in (1, 2):
        assert f"rows {rows}, " in run(scraper, why)
