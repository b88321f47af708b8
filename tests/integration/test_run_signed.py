"""A signed state under a rendered workflow.

A fork's pull request is a trial, a lost secret is said.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
SECRETS = {"PIPELINE_STATE_KEY": "0123456789abcdef-of-the-state"}


@pytest.fixture
def signed(bare: Project) -> Project:
    """A repository with the real training, which this test's own Python runs."""
    training = Path(__file__).parents[2] / "pipeline"
    shutil.copytree(
        training, bare.root / "pipeline", ignore=shutil.ignore_patterns("__pycache__")
    )
    bare.write(".gitignore", "/runtime/\n/.wfgen/\n__pycache__/\n")
    bare.render(**{
        "dataset.secrets": '["PIPELINE_STATE_KEY"]',
        "train.command": f"{sys.executable} -m pipeline update --iterations 1 --models sgd",
    })  # fmt: skip
    bare.commit()
    return bare


def test_only_runs_with_the_key_change_a_signed_state(
    signed: Project,
    total_rows: Callable[[RunResult], int],
    why: Callable[[RunResult], str],
) -> None:
    first = signed.run(secrets=SECRETS)
    assert first.conclusion is Conclusion.SUCCESS, why(first)
    fork = signed.run("pull_request", from_fork=True, secrets=SECRETS)
    assert fork.conclusion is Conclusion.SUCCESS, why(fork)
    assert fork.restored_from == (first.run.id,)
    assert total_rows(fork) == 2 * total_rows(first)
    assert fork.summary is not None
    assert fork.summary["stored"] is False
    assert any(
        "this run is a trial that stores nothing" in line
        for line in signed.list_output(fork)
    )
    lost = signed.run()
    assert lost.conclusion is Conclusion.FAILURE, why(lost)
    assert any(
        "PIPELINE_STATE_KEY is not set" in note.message for note in lost.annotations
    )
    again = signed.run(secrets=SECRETS)
    assert again.conclusion is Conclusion.SUCCESS, why(again)
    assert again.restored_from == (first.run.id,)
    assert total_rows(again) == 2 * total_rows(first)
    assert again.summary is not None
    assert again.summary["stored"] is True
