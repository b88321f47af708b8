"""Repositories to run workflows in: the rendered workflow, with a training that costs nothing.

The real pipeline is played by a few lines of standard library that keep the contract of
`python -m pipeline update`: installing scikit-learn for every test would take longer
than all of them together. The demo's test runs the real one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from generator.config.flags import parse_pairs
from generator.github.core.clock import SteerableClock
from generator.github.core.models import NameScope
from generator.github.local_github import LocalGitHub
from generator.process import SystemRunner
from generator.rendering.repository import render_repository
from generator.rendering.writer import compare, write
from generator.runner.act.log_reader import LogEvent
from generator.runner.models import ActionChoice, RunRequest, RunResult
from generator.runner.observer import RunObserver
from generator.runner.run import run_workflow

# The value of some field of a record: the record has the types.
FieldValue: TypeAlias = Any

ROWS = 10  # a batch
PIPELINE = """
import json, os, sys
from pathlib import Path

iterations = int(sys.argv[sys.argv.index("--iterations") + 1])
model, state, logs = (Path("runtime", *parts) for parts in
                      (("model", "best_model.pkl"), ("data", "data_state.json"), ("logs",)))
for folder in (model.parent, state.parent, logs):
    folder.mkdir(parents=True, exist_ok=True)
assert model.exists() == state.exists(), "half a state"
before = json.loads(state.read_text())["rows"] if state.exists() else 0
rows = before + ROWS * iterations
for number in range(iterations):
    print(f"::group::Iteration {number + 1}\\ntrained on ROWS rows\\n::endgroup::")
model.write_text(str(rows))
state.write_text(json.dumps({"rows": rows}))
(logs / "summary.json").write_text(json.dumps({
    "format": 1, "status": "learnt", "rows_this_run": rows - before, "rows_total": rows,
    "batches_this_run": iterations, "batches_total": rows // ROWS,
    "metric": {"name": "auc", "value": 0.5},
    "champion": "none", "started_from": "state" if before else "nothing", "state_id": str(rows),
    "parent_state_id": str(before) if before else None}))
""".replace("ROWS", str(ROWS))


class Recorder(RunObserver):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    def on_event(self, event: LogEvent) -> None:
        self.events.append(event)


@dataclass
class Project:
    """A repository with workflows, and the local GitHub it is on."""

    root: Path
    environments: Path
    clock: SteerableClock = field(default_factory=SteerableClock)
    stack: ExitStack = field(default_factory=ExitStack)
    artifact_names: NameScope = NameScope.ATTEMPT
    _local_github: LocalGitHub | None = None

    @property
    def local_github(self) -> LocalGitHub:
        if self._local_github is None:
            store = self.root / ".wfgen" / "github"
            self._local_github = self.stack.enter_context(
                LocalGitHub.open(
                    store,
                    repository="local/project",
                    clock=self.clock,
                    artifact_names=self.artifact_names,
                )
            )
        return self._local_github

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def render(self, **settings: str) -> None:
        # Nothing to install: pip would take longer over an empty list than all the
        # rest. The demo's test installs.
        chosen = {"install.requirements": "", **settings}
        flags = parse_pairs([f"{key}={value}" for key, value in chosen.items()])
        files = render_repository(self.root, os.environ, flags)
        write(self.root, compare(self.root, files), force=True)

    def request(
        self, event: str = "push", workflow: str = "train.yml", **more: FieldValue
    ) -> RunRequest:
        environment = {"STATE_RETRY_SECONDS": "0", **more.pop("environment", {})}
        return RunRequest(
            root=self.root,
            workflow=Path(".github", "workflows", workflow),
            event=event,
            environment=environment,
            repository="local/project",
            actions=more.pop("actions", ActionChoice.STAND_IN),
            virtualenvs_folder=self.environments,
            **more,
        )

    def run(
        self, event: str = "push", workflow: str = "train.yml", **more: FieldValue
    ) -> RunResult:
        return run_workflow(
            self.request(event, workflow, **more), self.local_github, SystemRunner()
        )

    @staticmethod
    def map_conclusions(result: RunResult) -> dict[str, str]:
        """How each step ended, in the order in which they ran."""
        return {step.name: step.conclusion for job in result.jobs for step in job.steps}

    @staticmethod
    def list_output(result: RunResult) -> list[str]:
        """Every line that the steps wrote."""
        return [
            line for job in result.jobs for step in job.steps for line in step.output
        ]

    def commit(self) -> None:
        runner = SystemRunner()
        identity = [
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@localhost",
            "-c",
            "commit.gpgsign=false",
        ]
        for arguments in (
            ["init", "-q", "-b", "main"],
            ["add", "-A"],
            [*identity, "commit", "-q", "-m", "Begin"],
        ):
            done = runner.run(["git", *arguments], cwd=self.root)
            assert done.exit_code == 0, done.stderr


def count_rows(result: RunResult) -> int:
    assert result.summary is not None, explain(result)
    return int(result.summary["rows_total"])


def explain(result: RunResult) -> str:
    """Everything that helps to see why a run went as it did."""
    return json.dumps(
        {
            "problem": result.problem,
            "steps": {
                step.name: [step.conclusion, *step.output[-8:]]
                for job in result.jobs
                for step in job.steps
            },
            "annotations": [note.message for note in result.annotations],
        },
        indent=1,
    )


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python environments, made once.

    The workers of a test session have the folder above theirs in common.
    """
    folder = tmp_path_factory.getbasetemp()
    if folder.name.startswith("popen-gw"):
        folder = folder.parent
    folder /= "environments"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def bare(tmp_path: Path, environments: Path) -> Iterator[Project]:
    """A repository with nothing in it."""
    project = Project(tmp_path / "project", environments)
    # For those that call the command: it looks for the environments here.
    (project.root / ".wfgen").mkdir(parents=True)
    (project.root / ".wfgen" / "environments").symlink_to(environments)
    with project.stack:
        yield project


@pytest.fixture
def project(bare: Project) -> Project:
    """A repository with the rendered training workflow."""
    bare.write("pipeline/__init__.py", "")
    bare.write("pipeline/__main__.py", PIPELINE)
    bare.write("requirements.txt", "")
    bare.write(".gitignore", "/runtime/\n/.wfgen/\n")
    bare.render()
    bare.commit()
    return bare


@pytest.fixture
def total_rows() -> Callable[[RunResult], int]:
    """All the rows that the state of a run has seen."""
    return count_rows


@pytest.fixture
def why() -> Callable[[RunResult], str]:
    """What a failed assertion should show of a run."""
    return explain
