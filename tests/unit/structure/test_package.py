"""What is installed is what is tested: the wheel carries everything and nothing else."""

from __future__ import annotations

import json
from importlib.metadata import distribution

import pytest

from generator.resources import schema_file, templates_dir


def installed_files() -> set[str]:
    wfgen = distribution("wfgen-actions")
    if (
        json.loads(wfgen.read_text("direct_url.json") or "{}")
        .get("dir_info", {})
        .get("editable")
    ):
        pytest.skip(
            "an editable install has no files of its own; `make test` installs the wheel"
        )
    return {str(file) for file in wfgen.files or ()}


def test_the_wheel_carries_templates_schema_and_sample() -> None:
    files = installed_files()
    assert "wfgen_actions/templates/train.yml.j2" in files
    assert "wfgen_actions/generator/schemas/github-workflow.json" in files
    assert "wfgen_actions/generator/schemas/LICENSE.schemastore" in files
    assert any(
        file.startswith("wfgen_actions/pipeline/sources/") and file.endswith(".csv.gz")
        for file in files
    )
    assert {
        "wfgen_actions/generator/py.typed",
        "wfgen_actions/pipeline/py.typed",
    } <= files


def test_the_wheel_carries_nothing_else() -> None:
    tops = {file.split("/")[0] for file in installed_files()}
    assert {top for top in tops if not top.startswith(("..", "wfgen_actions-"))} == {
        "wfgen_actions"
    }


def test_templates_and_schema_are_found() -> None:
    assert (templates_dir() / "train.yml.j2").is_file()
    assert json.loads(schema_file().read_bytes())["definitions"]
