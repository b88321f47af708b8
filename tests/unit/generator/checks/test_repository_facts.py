"""Facts of a workflow that lie beside it: its own actions, and the workflows that call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.checks.registry import run_rules
from generator.checks.repository import Repository

WORKFLOW = Path(".github/workflows/work.yml")
COMMIT = """name: commit
description: commit
inputs:
  files: {description: files, default: data.json}
  go-on: {description: go on}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        git add ${{ inputs.files }}
        git commit -m data
        git push
"""
WORK = """on:
  schedule:
    - cron: '*/20 * * * *'
permissions: {contents: read}
concurrency: {group: a}
jobs:
  work:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: python fit.py model.pkl
        continue-on-error: true
      - uses: ./.github/actions/commit
        with:
          files: model.pkl
"""


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def check(root: Path, path: Path = WORKFLOW) -> set[tuple[str, int]]:
    subject = Repository(root).open_file(path)
    found = run_rules(subject.document, subject=subject)
    return {(item.rule, item.line) for item in found if item.tool == "state"}


def test_what_an_action_does_is_found_where_it_is_used(tmp_path: Path) -> None:
    write(tmp_path, WORKFLOW.as_posix(), WORK)
    write(tmp_path, ".github/actions/commit/action.yml", COMMIT)
    # The files are those that the workflow hands over.
    assert check(tmp_path) == {
        ("no-contents-write", 13),
        ("push-no-rebase", 13),
        ("save-without-success", 13),
    }


@pytest.mark.parametrize("missing", ["the action", "its steps", "a workflow's folder"])
def test_what_is_not_known_of_an_action_is_not_guessed(
    missing: str, tmp_path: Path
) -> None:
    path = WORKFLOW
    if missing == "a workflow's folder":
        path = Path("work.yml")
    write(tmp_path, path.as_posix(), WORK)
    text = COMMIT
    if missing == "its steps":
        text = "name: a\ndescription: a\nruns: {using: node24, main: a.js}\n"
    if missing != "the action":
        write(tmp_path, ".github/actions/commit/action.yml", text)
    assert check(tmp_path, path) == set()


def test_an_action_that_uses_itself_ends(tmp_path: Path) -> None:
    write(tmp_path, WORKFLOW.as_posix(), WORK)
    loop = COMMIT + "    - uses: ./.github/actions/commit\n" * 20
    write(tmp_path, ".github/actions/commit/action.yml", loop)
    assert ("push-no-rebase", 13) in check(tmp_path)


def test_what_starts_a_called_workflow_is_what_starts_its_caller(
    tmp_path: Path,
) -> None:
    called = """on: workflow_call
jobs:
  work:
    runs-on: ubuntu-latest
    steps:
      - run: python ferment.py | tee log
      - uses: actions/upload-artifact@v7
        with: {name: yeast, path: yeast}
"""
    caller = "on: {}\njobs:\n  a:\n    uses: ./.github/workflows/work.yml\n"
    write(tmp_path, WORKFLOW.as_posix(), called)
    assert check(tmp_path) == set()
    schedule = "{schedule: [{cron: '17 4 * * *'}]}"
    write(tmp_path, ".github/workflows/a.yml", caller.replace("{}", schedule))
    assert check(tmp_path) == {("pipe-hides-failure", 6)}
