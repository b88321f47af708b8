"""The example of a training of one's own (R10), under act."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "own-training"
Why = Callable[[RunResult], str]


def seen_rows(project: Project, result: RunResult) -> int:
    stored = {
        artifact.name: project.local_github.get_artifact_path(artifact.id)
        for artifact in result.artifacts
    }
    with zipfile.ZipFile(stored["data-state"]) as archive:
        return int(json.loads(archive.read("data_state.json"))["rows"])


def test_the_example_goes_on_where_it_left_off(bare: Project, why: Why) -> None:
    shutil.copytree(
        EXAMPLE,
        bare.root,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".wfgen", "runtime", ".github"),
    )
    bare.render()
    bare.commit()
    first, second = bare.run(), bare.run("schedule")
    assert first.conclusion is Conclusion.SUCCESS, why(first)
    assert [seen_rows(bare, first), seen_rows(bare, second)] == [600, 1200]
    assert second.restored_from == (first.run.id,)
    lines = [line for job in second.jobs for step in job.steps for line in step.output]
    assert any(line.startswith("learnt 200 rows, 1200 in all") for line in lines)


def test_the_example_fails_loudly_and_keeps_what_it_had(bare: Project) -> None:
    shutil.copytree(
        EXAMPLE,
        bare.root,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".wfgen", "runtime", ".github"),
    )
    bare.render()
    bare.commit()
    first = bare.run()
    bare.write("src/run.py", "raise SystemExit('the data is not there')\n")
    failed = bare.run()
    assert failed.conclusion is Conclusion.FAILURE
    assert {artifact.name for artifact in failed.artifacts} <= {"training-logs"}
    shutil.copy(EXAMPLE / "src" / "run.py", bare.root / "src")
    assert bare.run().restored_from == (first.run.id,)
