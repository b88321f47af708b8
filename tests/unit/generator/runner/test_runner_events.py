"""The payload, the ref and the rights that each event gives a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from generator.errors import SettingsError
from generator.runner.events import check_inputs, make_event
from generator.runner.models import RunRequest
from generator.runner.repository import Repository
from generator.workflow.model import Workflow
from generator.workflow.parser import read_workflow

# The value of some field of a record: the record has the types.
FieldValue: TypeAlias = Any

PATH = Path(".github/workflows/w.yml")
Reader = Callable[[str], Workflow]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    def read(text: str) -> Workflow:
        file = tmp_path / PATH
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return read_workflow(tmp_path, PATH)

    return read


def repository(root: Path, **changes: FieldValue) -> Repository:
    values: dict[str, FieldValue] = {
        "root": root,
        "name": "me/it",
        "branch": "topic",
        "default_branch": "main",
        "sha": "a" * 40,
        "parent_sha": "b" * 40,
        "message": "Begin",
        "made_up": False,
        **changes,
    }
    return Repository(**values)


INPUTS = """
on:
  workflow_dispatch:
    inputs:
      n: {type: number, default: 3}
      b: {type: boolean, default: false}
      c: {type: choice, options: [x, y]}
      r: {required: true}
jobs: {a: {}}
"""


def test_dispatch_inputs_have_their_defaults_as_text(reader: Reader) -> None:
    assert check_inputs(reader(INPUTS), {"r": "1", "c": "y"}) == {
        "n": "3",
        "b": "false",
        "c": "y",
        "r": "1",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "r is required"),
        ({"r": "1", "n": "three"}, "takes a number"),
        ({"r": "1", "n": "1_000"}, "takes a number"),
        ({"r": "1", "n": "٣"}, "takes a number"),
        ({"r": "1", "n": "nan"}, "takes a number"),
        ({"r": "1", "b": "yes"}, "true or false"),
        ({"r": "1", "c": "z"}, "one of x, y"),
        ({"r": "1", "q": "z"}, "has no input q"),
    ],
)
def test_dispatch_inputs_are_checked(
    reader: Reader, given: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        check_inputs(reader(INPUTS), given)


SCHEDULE = "[{cron: 1 2 * * *}, {cron: 3 4 * * *}]"
ALL_EVENTS = (
    f"on: {{push: null, pull_request: null, schedule: {SCHEDULE}}}\njobs: {{a: {{}}}}"
)


def test_each_event_has_its_ref_and_payload(reader: Reader, tmp_path: Path) -> None:
    workflow, about = reader(ALL_EVENTS), repository(tmp_path)

    push = make_event(workflow, RunRequest(tmp_path, PATH, "push"), about)
    assert (push.ref, push.head_branch, push.payload["after"]) == (
        "refs/heads/topic",
        "topic",
        "a" * 40,
    )
    timed = make_event(
        workflow, RunRequest(tmp_path, PATH, "schedule", cron="3 4 * * *"), about
    )
    assert (timed.ref, timed.payload["schedule"]) == ("refs/heads/main", "3 4 * * *")
    pull = make_event(
        workflow, RunRequest(tmp_path, PATH, "pull_request", from_fork=True), about
    )
    assert (pull.ref, pull.head_branch, pull.head_repository) == (
        "refs/pull/1/merge",
        "topic",
        "contributor/it",
    )
    assert not pull.trusted
    assert pull.payload["pull_request"]["base"]["ref"] == "main"
    assert pull.environment == {"GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "main"}


def test_a_schedule_stays_on_the_default_branch(reader: Reader, tmp_path: Path) -> None:
    workflow, about = reader(ALL_EVENTS), repository(tmp_path)
    with pytest.raises(SettingsError, match="default branch"):
        make_event(
            workflow, RunRequest(tmp_path, PATH, "schedule", branch="topic"), about
        )
    with pytest.raises(SettingsError, match="no schedule"):
        make_event(
            workflow, RunRequest(tmp_path, PATH, "schedule", cron="9 9 * * *"), about
        )
