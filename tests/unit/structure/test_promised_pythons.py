"""Each Python that is promised is tested: here, and on GitHub."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / ".github/workflows/tests.yml"
CLASSIFIER = "Programming Language :: Python :: "


def list_promised() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = []
    for classifier in project["classifiers"]:
        version = classifier.removeprefix(CLASSIFIER)
        if re.fullmatch(r"3\.\d+", version):
            versions.append(version)
    assert project["requires-python"] == f">={versions[0]}"
    return versions


def test_the_promised_pythons_are_those_that_make_tests() -> None:
    found = re.search(
        r"^PYTHONS \?= (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert found is not None
    assert found[1].split() == list_promised()


def test_continuous_integration_takes_each_of_them() -> None:
    commands = (ROOT / ".ci/run").read_text().splitlines()
    assert commands[-2:] == ["make test", "exec make pythons"]


def test_the_promised_pythons_are_the_matrix_of_the_workflow() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    assert jobs["unit"]["strategy"]["matrix"]["python"] == list_promised()


def test_the_workflow_uses_actions_as_they_are_pinned() -> None:
    pins = json.loads((ROOT / "generator/rendering/pins.json").read_text())
    used = re.findall(r"uses: (\S+)@(\w+) # (\S+)", WORKFLOW.read_text())
    assert len(used) == 2
    for action, commit, version in used:
        assert pins[action] == {"version": version, "commit": commit}
