"""A workflow and its timeline, as a test uses them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..github.local_github import LocalGitHub
from ..process import SystemRunner
from ..runner.isolation.run_directory import prepare_state
from ..runner.models import RunRequest
from ..runner.repository import find_root
from ..simulate.play.player import Player
from ..simulate.play.records import PlayedRun, Simulation
from ..simulate.play.simulating import (
    SimulationRequest,
    Theatre,
    open_theatre,
    read_workflows,
)
from ..simulate.timeline.drawing import DEFAULT_START, DrawingOptions, draw_scenario
from ..simulate.timeline.records import FaultKind, Scenario, TimedEvent
from ..simulate.verdict.judging import find_violations
from ..simulate.verdict.lineage import has_saved
from ..workflow.files import find_workflow
from .stubs import Stub, apply_stubs


@dataclass(slots=True)
class WorkflowUnderTest:
    """A workflow of the repository at `root`; `file` counts from there.

    Nothing of it is played before the first run, so stubs come first.
    """

    root: Path
    file: Path
    state_folder: Path
    is_modelled: bool = True
    training: str = ""
    is_permissive: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    _stubs: dict[str, Stub] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _theatre: Theatre | None = None

    def stub(
        self,
        step: str,
        *,
        outputs: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        exit_code: int = 0,
    ) -> None:
        """Let a step, by its name or id, do this instead of its own work.

        RuntimeError after the first run.
        """
        if self._theatre is not None:
            raise RuntimeError("a stub comes before the first run")
        self._stubs[step] = Stub(outputs or {}, files or {}, exit_code)

    def open(self) -> Theatre:
        """Return the stage that it is played on, set at the first call."""
        if self._theatre is None:
            request = SimulationRequest(
                run=RunRequest(
                    root=self.root,
                    workflow=self.file,
                    event="",
                    variables=self.variables,
                    secrets=self.secrets,
                    state_folder=self.state_folder,
                ),
                workflows=(self.file,),
                is_modelled=self.is_modelled,
                training=self.training,
                is_permissive=self.is_permissive,
                edit=self._edit,
            )
            theatre = open_theatre(request, DEFAULT_START, SystemRunner())
            self._theatre = self._stack.enter_context(theatre)
        return self._theatre

    def close(self) -> None:
        """Take everything down."""
        self._stack.close()

    def keep_logs(self, folder: Path) -> None:
        """Copy the logs of its runs, if there was one."""
        if self._theatre is None:
            return
        state = self._theatre.stage.request.state_folder
        if state is not None and (state / "logs").is_dir():
            shutil.copytree(state / "logs", folder, dirs_exist_ok=True)

    @property
    def github(self) -> LocalGitHub:
        """The GitHub that it runs on."""
        return self.open().stage.local_github

    def _edit(self, _path: Path, data: dict[str, Any]) -> None:
        apply_stubs(data, self._stubs)


def make_under_test(
    folder: Path, named: Path | None, state: Path, options: Mapping[str, Any]
) -> WorkflowUnderTest:
    """Return a workflow of the repository around a folder, by the words of the marker.

    Raises SettingsError where it is not clear which one is meant.
    """
    root = find_root(folder, SystemRunner())
    return WorkflowUnderTest(
        root=root,
        file=find_workflow(root, named),
        state_folder=prepare_state(state),
        is_modelled=options.get("model", True),
        training=options.get("training", ""),
        is_permissive=options.get("permissive", False),
        variables=options.get("variables", {}),
        secrets=options.get("secrets", {}),
    )


@dataclass(slots=True)
class Timeline:
    """What happens to a workflow, day by day, and what came of it."""

    workflow: WorkflowUnderTest
    minutes: float = 10.0
    _player: Player | None = None
    _runs: list[PlayedRun] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.workflow.open().stage.clock.now()

    @property
    def runs(self) -> tuple[PlayedRun, ...]:
        """All runs so far, in the order of their ends."""
        return tuple(self._runs)

    @property
    def violations(self) -> tuple[str, ...]:
        """What became of the state that must not: a line each, () where it was kept."""
        found = find_violations(self.simulation)
        return tuple(f"{item.kind.value}: {item.message}" for item in found)

    @property
    def count(self) -> int:
        """How far the newest state that was stored has come, by the counter."""
        for run in reversed(self._runs):
            if run.is_trusted and has_saved(run):
                return run.count
        return 0

    @property
    def simulation(self) -> Simulation:
        """All that was played, as the verdict reads it."""
        return self.workflow.open().describe(self._get_player())

    def advance(
        self, days: float, *, seed: int = 0, punctual: bool = True
    ) -> tuple[PlayedRun, ...]:
        """Let days pass, with the runs that the cron lines ask for; return these."""
        theatre = self.workflow.open()
        start = self.now
        options = DrawingOptions(
            days, seed=seed, start=start, minutes=self.minutes, punctual=punctual
        )
        scenario = draw_scenario(read_workflows(theatre.request), options)
        played = self._play(scenario)
        end = start + timedelta(days=days)
        # The last run may have ended late, beyond the last of the days.
        if end > self.now:
            theatre.stage.clock.set(end)
        return played

    def run(
        self,
        event: str = "schedule",
        *,
        from_fork: bool = False,
        head_branch: str = "topic",
        fault: FaultKind | str = FaultKind.NONE,
    ) -> PlayedRun:
        """Let something happen now, and return the run that it starts.

        AssertionError where it starts none.
        """
        timed = TimedEvent(
            self.now,
            event,
            due=self.now,
            from_fork=from_fork,
            head_branch=head_branch,
            fault=FaultKind(fault),
        )
        played = self._play(self._make_scenario(timed))
        if not played:
            raise AssertionError(f"{event} starts no run of {self.workflow.file}")
        return played[-1]

    def play(self, *events: TimedEvent) -> tuple[PlayedRun, ...]:
        """Let several events happen, which may overlap; return their runs."""
        return self._play(self._make_scenario(*events))

    def _make_scenario(self, *events: TimedEvent) -> Scenario:
        return Scenario(self.now, 0, events, minutes=self.minutes)

    def _play(self, scenario: Scenario) -> tuple[PlayedRun, ...]:
        first = len(self._runs)
        self._get_player().extend(scenario)
        return tuple(self._runs[first:])

    def _get_player(self) -> Player:
        if self._player is None:
            stage = self.workflow.open().stage
            # A test says by itself what is committed and when.
            empty = replace(self._make_scenario(), public=False)
            self._player = Player(stage, empty, self._runs.append)
        return self._player
