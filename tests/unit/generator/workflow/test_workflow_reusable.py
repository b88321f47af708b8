"""Actions that a workflow brings in by way of called workflows and local actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.errors import WorkflowProblemError
from generator.workflow.parser import read_workflow
from generator.workflow.reusable import list_actions

PATH = Path(".github/workflows/w.yml")


def list_in(root: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return list_actions(root, read_workflow(root, PATH))


def use(*names: str) -> str:
    steps = ", ".join(f"{{uses: {name}}}" for name in names)
    return f"on: push\njobs: {{a: {{runs-on: x, steps: [{steps}]}}}}\n"


def test_each_action_is_named_once_in_the_order_it_is_met(tmp_path: Path) -> None:
    text = use("b/b@v1", "a/a@v1", "b/b@v1", "docker://alpine")
    assert list_in(tmp_path, {str(PATH): text}) == ("b/b@v1", "a/a@v1")


def test_local_actions_may_use_others(tmp_path: Path) -> None:
    inner = "runs: {using: composite, steps: [{uses: o/inner@v1}]}"
    outer = "runs: {using: composite, steps: [{uses: ./inner}, {run: x, shell: bash}]}"
    files = {
        str(PATH): use("./outer"),
        "outer/action.yaml": outer,
        "inner/action.yml": inner,
    }
    assert list_in(tmp_path, files) == ("o/inner@v1",)


def test_workflows_that_call_each_other_come_to_an_end(tmp_path: Path) -> None:
    other = ".github/workflows/other.yml"
    files = {
        str(PATH): f"on: push\njobs: {{a: {{uses: ./{other}}}}}\n",
        other: f"on: workflow_call\njobs: {{a: {{uses: ./{PATH}}}, "
        "b: {runs-on: x, steps: [{uses: o/deep@v1}]}}\n",
    }
    assert list_in(tmp_path, files) == ("o/deep@v1",)


def test_what_is_called_elsewhere_is_left_to_act(tmp_path: Path) -> None:
    text = "on: push\njobs: {a: {uses: o/r/.github/workflows/x.yml@v1}}\n"
    assert list_in(tmp_path, {str(PATH): text}) == ()


def test_a_local_action_that_is_not_there_is_act_s_to_tell(tmp_path: Path) -> None:
    assert list_in(tmp_path, {str(PATH): use("./nowhere")}) == ()


def test_a_called_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    files = {str(PATH): use("./local"), "local/action.yml": "runs: {steps: 3}"}
    with pytest.raises(WorkflowProblemError, match=r"local/action.yml .*runs.steps"):
        list_in(tmp_path, files)
