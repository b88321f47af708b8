"""What a workflow file says about its own running."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.errors import SettingsError, WorkflowProblemError
from generator.runner.events import check_inputs, make_trigger
from generator.runner.models import RunRequest
from generator.runner.repository import Repository
from generator.runner.workflow_files import find_workflow
from generator.workflow.model import Plan, branch_matches, check_event, read_plan

PATH = Path(".github/workflows/w.yml")
Reader = Callable[[str], Plan]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    def read(text: str) -> Plan:
        file = tmp_path / PATH
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return read_plan(tmp_path, PATH)

    return read


def repository(root: Path, **changes: object) -> Repository:
    values = {
        "root": root, "name": "me/it", "branch": "topic", "default_branch": "main", "sha": "a" * 40,
        "parent_sha": "b" * 40, "message": "Begin", "made_up": False, **changes,
    }  # fmt: skip
    return Repository(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        ("push", {"push": {}}),
        ("[push, schedule]", {"push": {}, "schedule": {}}),
        ("{push: {branches: [main]}, schedule: [{cron: 1 2 * * *}]}",
         {"push": {"branches": ["main"]}, "schedule": {"entries": [{"cron": "1 2 * * *"}]}}),
        ("{pull_request: null}", {"pull_request": {}}),
    ],
)  # fmt: skip
def test_triggers_in_each_of_their_forms(
    reader: Reader, on: str, triggers: object
) -> None:
    plan = reader(f"on: {on}\njobs: {{a: {{runs-on: x, steps: [{{run: echo}}]}}}}")
    assert plan.triggers == triggers


@pytest.mark.parametrize(
    ("body", "permissions"),
    [
        ("jobs: {a: {runs-on: x}}", {"contents": "read", "packages": "read"}),
        ("permissions: {}\njobs: {a: {runs-on: x}}", {}),
        ("permissions: {}\njobs: {a: {permissions: {actions: read}}, b: {permissions: {actions: write}}}",
         {"actions": "write"}),
        ("permissions: {issues: write}\njobs: {a: {}, b: {permissions: {contents: read, id-token: none}}}",
         {"issues": "write", "contents": "read"}),
    ],
)  # fmt: skip
def test_the_token_gets_the_union_of_the_jobs_permissions(
    reader: Reader, body: str, permissions: dict[str, str]
) -> None:
    assert reader(f"on: push\n{body}").permissions == permissions


def test_read_all_covers_every_scope(reader: Reader) -> None:
    plan = reader("on: push\npermissions: read-all\njobs: {a: {}}")
    assert set(plan.permissions.values()) == {"read"}
    assert "pull-requests" in plan.permissions


@pytest.mark.parametrize(
    ("strategy", "times"),
    [
        ("{}", 1),
        ("{strategy: {matrix: {a: [1, 2, 3]}}}", 3),
        (
            "{strategy: {matrix: {a: [1, 2], b: [x, y, z], include: [{a: 3}], exclude: [{a: 1}]}}}",
            7,
        ),
        ("{strategy: {matrix: {include: [{a: 3}, {a: 4}]}}}", 2),
        ("{strategy: {matrix: {a: '${{ fromJSON(needs.x.outputs.y) }}'}}}", None),
        ("{strategy: {matrix: '${{ fromJSON(needs.x.outputs.y) }}'}}", None),
    ],
)
def test_a_matrix_makes_so_many_jobs_at_the_most(
    reader: Reader, strategy: str, times: int | None
) -> None:
    (job,) = reader(f"on: push\njobs: {{a: {strategy}}}").jobs
    assert job.times == times


def test_labels_and_actions_are_found_wherever_they_are(
    reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local/action.yml").write_text(
        "runs: {using: composite, steps: [{uses: o/inner@v1}]}"
    )
    (tmp_path / "called.yml").write_text(
        "on: workflow_call\njobs: {x: {runs-on: y, steps: [{uses: o/called@v2}]}}"
    )
    plan = reader(
        "on: push\njobs:\n"
        "  a: {runs-on: [self-hosted, big], steps: [{uses: ./local}, {uses: actions/checkout@v7}, {run: echo}]}\n"
        "  b:\n    runs-on: ${{ github.event_name == 'push' && 'one' || matrix.os }}\n"
        "    strategy: {matrix: {os: [two], include: [{os: three, n: 1}]}}\n    steps: []\n"
        "  c: {runs-on: {group: g, labels: four}, container: 'python:3', steps: []}\n"
        "  d: {uses: ./called.yml}\n"
    )
    assert set(plan.labels) >= {"self-hosted", "big", "one", "two", "three", "four"}
    assert set(plan.uses) == {"actions/checkout@v7", "o/inner@v1", "o/called@v2"}
    assert {job.id: job.container for job in plan.jobs} == {
        "a": False,
        "b": False,
        "c": True,
        "d": False,
    }


def test_steps_are_called_what_github_calls_them(reader: Reader) -> None:
    plan = reader(
        'on: push\njobs: {a: {steps: [{name: N, run: x}, {uses: o/a@v1}, {id: z, run: "one\\ntwo"}]}}'
    )
    assert [(step.id, step.name) for step in plan.jobs[0].steps] == [
        ("0", "N"),
        ("1", "Run o/a@v1"),
        ("z", "Run one"),
    ]


@pytest.mark.parametrize(
    "text", ["", "- a", "on: push", "on: push\njobs: {}", "a: [", "on: push\njobs: 3"]
)
def test_what_is_no_workflow_is_a_problem_of_the_workflow(
    reader: Reader, text: str
) -> None:
    with pytest.raises(WorkflowProblemError):
        reader(text)


@pytest.mark.parametrize(
    ("branch", "patterns", "expected"),
    [
        ("main", ["main"], True),
        ("main", ["master"], False),
        ("feature/x", ["feature/*"], True),
        ("feature/x/y", ["feature/*"], False),
        ("feature/x/y", ["feature/**"], True),
        ("release-old", ["release*", "!release-old"], False),
        ("a+b", ["a+b"], True),
    ],
)
def test_branch_filters(branch: str, patterns: list[str], expected: bool) -> None:
    assert branch_matches(branch, patterns) is expected


def test_events_that_would_start_nothing_are_told(reader: Reader) -> None:
    plan = reader("on: {push: {branches-ignore: [wip]}}\njobs: {a: {}}")
    check_event(plan, "push", "main")
    with pytest.raises(WorkflowProblemError, match="on branch wip"):
        check_event(plan, "push", "wip")
    with pytest.raises(WorkflowProblemError, match="is not triggered by schedule"):
        check_event(plan, "schedule", "main")


def test_the_workflow_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    with pytest.raises(SettingsError, match="none"):
        find_workflow(tmp_path, None)
    (folder / "a.yml").touch()
    only = Path(".github/workflows/a.yml")
    assert find_workflow(tmp_path, None) == only
    (folder / "b.yaml").touch()
    with pytest.raises(SettingsError, match="which workflow"):
        find_workflow(tmp_path, None)
    assert [
        find_workflow(tmp_path, Path(name))
        for name in ("a", "a.yml", str(only), str(tmp_path / only))
    ] == [only] * 4
    assert find_workflow(tmp_path, Path("b")).name == "b.yaml"
    with pytest.raises(SettingsError, match="there is no workflow"):
        find_workflow(tmp_path, Path("c"))
    (tmp_path / "elsewhere.yml").touch()
    with pytest.raises(SettingsError, match="outside"):
        find_workflow(tmp_path / ".github", tmp_path / "elsewhere.yml")


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
    ("given", "said"),
    [
        ({}, "r is required"),
        ({"r": "1", "n": "three"}, "takes a number"),
        ({"r": "1", "b": "yes"}, "true or false"),
        ({"r": "1", "c": "z"}, "one of x, y"),
        ({"r": "1", "q": "z"}, "has no input q"),
    ],
)
def test_dispatch_inputs_are_checked(
    reader: Reader, given: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        check_inputs(reader(INPUTS), given)


ALL_EVENTS = "on: {push: null, pull_request: null, schedule: [{cron: 1 2 * * *}, {cron: 3 4 * * *}]}\njobs: {a: {}}"


def test_each_event_has_its_ref_and_payload(reader: Reader, tmp_path: Path) -> None:
    plan, about = reader(ALL_EVENTS), repository(tmp_path)

    push = make_trigger(plan, RunRequest(tmp_path, PATH, "push"), about)
    assert (push.ref, push.head_branch, push.payload["after"]) == (
        "refs/heads/topic",
        "topic",
        "a" * 40,
    )
    timed = make_trigger(
        plan, RunRequest(tmp_path, PATH, "schedule", cron="3 4 * * *"), about
    )
    assert (timed.ref, timed.payload["schedule"]) == ("refs/heads/main", "3 4 * * *")
    pull = make_trigger(
        plan, RunRequest(tmp_path, PATH, "pull_request", from_fork=True), about
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
    plan, about = reader(ALL_EVENTS), repository(tmp_path)
    with pytest.raises(SettingsError, match="default branch"):
        make_trigger(
            plan, RunRequest(tmp_path, PATH, "schedule", branch="topic"), about
        )
    with pytest.raises(SettingsError, match="no schedule"):
        make_trigger(
            plan, RunRequest(tmp_path, PATH, "schedule", cron="9 9 * * *"), about
        )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("on: push\njobs: {a: }\n", "jobs.a is no mapping"),
        ("on: push\njobs: {a: hello}\n", "jobs.a is no mapping"),
        ("on: push\njobs: [a]\n", "jobs is no mapping"),
        (
            "on: push\njobs: {a: {runs-on: x, steps: hello}}\n",
            "jobs.a.steps is no list of mappings",
        ),
        (
            "on: push\njobs: {a: {runs-on: x, steps: [hello]}}\n",
            "jobs.a.steps is no list of mappings",
        ),
        (
            "on: push\njobs: {a: {runs-on: x, strategy: abc, steps: []}}\n",
            "jobs.a.strategy is no mapping",
        ),
        (
            "on: {workflow_dispatch: {inputs: [a]}}\njobs: {a: {runs-on: x, steps: []}}\n",
            "on.workflow_dispatch.inputs",
        ),
        (
            "on: {schedule: [daily]}\njobs: {a: {runs-on: x, steps: []}}\n",
            "on.schedule",
        ),
        ("- a\n", "its top level is no mapping"),
    ],
)
def test_a_file_that_has_not_the_shape_of_a_workflow_is_refused_by_place(
    text: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "w.yml").write_text(text, encoding="utf-8")
    with pytest.raises(
        WorkflowProblemError, match="w.yml is not a workflow: " + re.escape(place)
    ) as caught:
        read_plan(tmp_path, Path("w.yml"))
    assert "wfgen check" in caught.value.hint
