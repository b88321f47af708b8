"""A workflow as typed records: triggers, jobs, steps, rights, and refusals by place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.errors import WorkflowProblemError
from generator.workflow.model import Workflow
from generator.workflow.parser import read_workflow
from generator.workflow.reusable import list_actions

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


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        ("push", {"push": ([], [])}),
        ("[push, schedule]", {"push": ([], []), "schedule": ([], [])}),
        (
            "{push: {branches: [main]}, schedule: [{cron: 1 2 * * *}]}",
            {"push": (["main"], []), "schedule": ([], ["1 2 * * *"])},
        ),
        ("{pull_request: null}", {"pull_request": ([], [])}),
    ],
)
def test_triggers_in_each_of_their_forms(
    reader: Reader, on: str, triggers: object
) -> None:
    workflow = reader(f"on: {on}\njobs: {{a: {{runs-on: x, steps: [{{run: echo}}]}}}}")
    described = {}
    for event, trigger in workflow.triggers.items():
        crons = [schedule.cron for schedule in trigger.schedules]
        described[event] = (list(trigger.branches), crons)
    assert described == triggers


@pytest.mark.parametrize(
    ("body", "permissions"),
    [
        ("jobs: {a: {runs-on: x}}", {"contents": "read", "packages": "read"}),
        ("permissions: {}\njobs: {a: {runs-on: x}}", {}),
        (
            """permissions: {}
jobs: {a: {permissions: {actions: read}}, b: {permissions: {actions: write}}}""",
            {"actions": "write"},
        ),
        (
            """permissions: {issues: write}
jobs: {a: {}, b: {permissions: {contents: read, id-token: none}}}""",
            {"issues": "write", "contents": "read"},
        ),
    ],
)  # fmt: skip
def test_the_token_gets_the_union_of_the_jobs_permissions(
    reader: Reader, body: str, permissions: dict[str, str]
) -> None:
    assert reader(f"on: push\n{body}").token_permissions == permissions


def test_read_all_covers_every_scope(reader: Reader) -> None:
    workflow = reader("on: push\npermissions: read-all\njobs: {a: {}}")
    assert set(workflow.token_permissions.values()) == {"read"}
    assert "pull-requests" in workflow.token_permissions


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
    assert job.max_jobs == times


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
    workflow = reader(
        "on: push\njobs:\n"
        "  a:\n    runs-on: [self-hosted, big]\n"
        "    steps: [{uses: ./local}, {uses: actions/checkout@v7}, {run: echo}]\n"
        "  b:\n    runs-on: ${{ github.event_name == 'push' && 'one' || matrix.os }}\n"
        "    strategy: {matrix: {os: [two], include: [{os: three, n: 1}]}}\n    steps: []\n"
        "  c: {runs-on: {group: g, labels: four}, container: 'python:3', steps: []}\n"
        "  d: {uses: ./called.yml}\n"
    )
    assert set(workflow.labels) >= {"self-hosted", "big", "one", "two", "three", "four"}
    assert set(list_actions(tmp_path, workflow)) == {
        "actions/checkout@v7",
        "o/inner@v1",
        "o/called@v2",
    }
    assert {job.id: job.needs_container for job in workflow.jobs} == {
        "a": False,
        "b": False,
        "c": True,
        "d": False,
    }


def test_steps_are_called_what_github_calls_them(reader: Reader) -> None:
    workflow = reader(
        "on: push\njobs: {a: {steps: [{name: N, run: x}, {uses: o/a@v1},"
        ' {id: z, run: "one\\ntwo"}]}}'
    )
    assert [(step.id, step.title) for step in workflow.jobs[0].steps] == [
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
    ("text", "place"),
    [
        ("on: push\njobs: {a: }\n", "jobs.a is not a mapping"),
        ("on: push\njobs: {a: hello}\n", "jobs.a is not a mapping"),
        ("on: push\njobs: [a]\n", "jobs is not a mapping"),
        (
            "on: push\njobs: {a: {runs-on: x, steps: hello}}\n",
            "jobs.a.steps is not a list of mappings",
        ),
        (
            "on: push\njobs: {a: {runs-on: x, steps: [hello]}}\n",
            "jobs.a.steps is not a list of mappings",
        ),
        (
            "on: push\njobs: {a: {runs-on: x, strategy: abc, steps: []}}\n",
            "jobs.a.strategy is not a mapping",
        ),
        (
            "on: {workflow_dispatch: {inputs: [a]}}\njobs: {a: {runs-on: x, steps: []}}\n",
            "on.workflow_dispatch.inputs",
        ),
        (
            "on: {schedule: [daily]}\njobs: {a: {runs-on: x, steps: []}}\n",
            "on.schedule",
        ),
        ("- a\n", "its top level is not a mapping"),
    ],
)
def test_a_file_that_has_not_the_shape_of_a_workflow_is_refused_by_place(
    text: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "w.yml").write_text(text, encoding="utf-8")
    with pytest.raises(
        WorkflowProblemError, match="w.yml is not a workflow: " + re.escape(place)
    ) as caught:
        read_workflow(tmp_path, Path("w.yml"))
    assert "wfgen check" in caught.value.hint


FULL = """\
name: Full
on:
  push: {branches: [main, "r/*"], branches-ignore: [wip]}
  workflow_dispatch:
    inputs:
      n: {type: number, default: 3, required: true}
      c: {type: choice, options: [x, y]}
      s:
concurrency: {group: g, cancel-in-progress: false, queue: max}
jobs:
  first:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    environment: {name: production, url: https://example.org}
    steps:
      - id: one
        if: ${{ always() }}
        run: echo
  second:
    needs: first
    if: false
    runs-on: x
    concurrency: solo
    steps: []
  third:
    needs: [first, second]
    uses: ./.github/workflows/called.yml
"""


def test_every_record_says_where_it_stands(reader: Reader) -> None:
    workflow = reader(FULL)
    assert workflow.triggers["push"].position == (3, 3)
    assert workflow.dispatch_inputs["c"].position == (7, 7)
    assert [job.position.line for job in workflow.jobs] == [11, 19, 25]
    assert workflow.jobs[0].steps[0].position == (16, 9)
    assert workflow.concurrency is not None
    assert workflow.concurrency.position == (9, 1)


def test_jobs_are_typed_records(reader: Reader) -> None:
    first, second, third = reader(FULL).jobs
    assert (first.environment, first.timeout_minutes) == ("production", 5.0)
    assert first.steps[0].condition == "${{ always() }}"
    assert (second.needs, second.condition) == (("first",), "false")
    assert second.concurrency is not None
    assert second.concurrency.group == "solo"
    assert (third.needs, third.steps) == (("first", "second"), ())
    assert third.uses == "./.github/workflows/called.yml"
    assert (third.timeout_minutes, third.max_jobs, third.matrix) == (360.0, 1, None)


def test_inputs_and_filters_are_typed_records(reader: Reader) -> None:
    workflow = reader(FULL)
    push = workflow.triggers["push"]
    assert (push.branches, push.branches_ignore) == (("main", "r/*"), ("wip",))
    inputs = workflow.dispatch_inputs
    assert (inputs["n"].type, inputs["n"].default, inputs["n"].required) == (
        "number",
        3,
        True,
    )
    assert inputs["c"].options == ("x", "y")
    assert (inputs["s"].type, inputs["s"].default) == ("string", None)
    assert workflow.concurrency is not None
    assert (workflow.concurrency.cancel_in_progress, workflow.concurrency.queue) == (
        "false",
        "max",
    )


def test_a_key_that_stands_twice_keeps_nothing_from_running(reader: Reader) -> None:
    workflow = reader("name: a\nname: b\non: push\njobs: {x: {}}")
    assert (workflow.name, len(workflow.document.findings)) == ("b", 1)


def test_a_file_that_is_no_yaml_is_named_with_its_line(reader: Reader) -> None:
    with pytest.raises(WorkflowProblemError, match=r"w.yml, line 2, is not YAML"):
        reader("on: push\n\tjobs: 3\n")
