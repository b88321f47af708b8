"""Plays a timeline: time jumps from event to event, and what is going on is real.

A run stops before its training until the virtual clock has come to its end, so runs
overlap, wait for each other and cancel each other as the timeline says. Time moves only
while every run is at its training, waits for its turn, or has ended.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from ...errors import WorkflowProblemError
from ...github.core.clock import SteerableClock
from ...github.local_github import LocalGitHub
from ...runner.models import RunRequest
from ...workflow.model import Workflow
from ...workflow.triggers import Occurrence, check_event
from ..timeline.records import COMMIT, RERUN, FaultKind, Scenario, TimedEvent
from .collecting import Playing, collect_run
from .faults import apply_at_start, apply_at_training, clear
from .live_run import LiveRun
from .records import MissedEvent, PlayedRun
from .sandbox import Sandbox
from .stores import StoreReader

LOOK_SECONDS = 0.005
# docs.github.com, "Disabling and enabling a workflow": in a public repository.
QUIET_DAYS = 60
CHANGED_FILE = "simulated-change.txt"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a timeline is played on."""

    local_github: LocalGitHub
    clock: SteerableClock
    sandbox: Sandbox
    stores: StoreReader
    request: RunRequest
    workflows: tuple[Workflow, ...]


@dataclass(slots=True)
class Player:
    """Plays one timeline; `tell` learns of each run that has ended."""

    stage: Stage
    scenario: Scenario
    tell: Callable[[PlayedRun], None]
    runs: list[PlayedRun] = field(default_factory=list)
    missed: list[MissedEvent] = field(default_factory=list)
    _playing: list[Playing] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(
        default_factory=list
    )
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _last_activity: datetime | None = None

    def extend(self, scenario: Scenario) -> None:
        """Play more events, which all come after those that were played."""
        first = len(self.scenario.events)
        events = (*self.scenario.events, *scenario.events)
        days = self.scenario.days + scenario.days
        self.scenario = replace(self.scenario, events=events, days=days)
        self.play(first)

    def play(self, first: int = 0) -> None:
        """Play it to its end, from an event on.

        Raises what ends a run that could not be tried.
        """
        self._last_activity = self._last_activity or self.scenario.start
        for number, event in enumerate(self.scenario.events):
            if number < first:
                continue
            if event.dropped:
                self.missed.append(MissedEvent(number, "never delivered"))
                continue
            self._plan(event.at, partial(self._begin, number, event))
        try:
            while self._agenda:
                at, _, act = heapq.heappop(self._agenda)
                # Never back: a run that waited may have ended behind the next event.
                self.stage.clock.set(max(at, self.stage.clock.now()))
                act()
                self._settle()
        finally:
            for playing in self._playing:
                playing.live.stop()
            for playing in self._playing:
                playing.live.join()

    def _plan(self, at: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), act))

    def _begin(self, number: int, event: TimedEvent) -> None:
        if event.event in {COMMIT, "push"}:
            # A commit is what GitHub takes for activity; runs and artifacts are none.
            text = f"{event.at.isoformat()}\n"
            self.stage.sandbox.commit_file(CHANGED_FILE, text, "Change something")
            self._last_activity = event.at
        if event.event == COMMIT:
            return
        if event.event == "schedule" and self._is_switched_off(event):
            self.missed.append(MissedEvent(number, "switched off after 60 quiet days"))
            return
        for workflow in self.stage.workflows:
            request = self._make_request(workflow, event)
            if request is not None:
                self._start(number, event, request)

    def _is_switched_off(self, event: TimedEvent) -> bool:
        if not self.scenario.public or self._last_activity is None:
            return False
        return event.at - self._last_activity > timedelta(days=QUIET_DAYS)

    def _make_request(self, workflow: Workflow, event: TimedEvent) -> RunRequest | None:
        """Return what to run; None where the workflow does not react."""
        path = workflow.path.as_posix()
        if event.workflow not in {"", path}:
            return None
        request = replace(self.stage.request, workflow=workflow.path)
        if event.event == RERUN:
            return self._make_rerun(request, path)
        paths = None
        if event.event == "push":
            paths = [CHANGED_FILE]
        branch = self.stage.sandbox.branch
        activity = "opened" * (event.event == "pull_request")
        try:
            check_event(workflow, Occurrence(event.event, branch, "", activity, paths))
        except WorkflowProblemError:
            return None
        return replace(
            request,
            event=event.event,
            cron=event.cron or None,
            from_fork=event.from_fork,
            head_branch=event.head_branch,
        )

    def _make_rerun(self, request: RunRequest, path: str) -> RunRequest | None:
        """Return the next attempt of the newest run of a workflow that has ended."""
        for run in reversed(self.runs):
            event = self.scenario.events[run.event].event
            is_own = event in {"schedule", "push", "workflow_dispatch"}
            if run.workflow == path and is_own:
                return replace(request, event=event, rerun_number=run.number)
        return None

    def _start(self, number: int, event: TimedEvent, request: RunRequest) -> None:
        stage = self.stage
        clone = stage.sandbox.take_clone()
        # At the commit of its event, however long it will have to wait for its turn.
        request = replace(request, root=clone)
        apply_at_start(event.fault, stage.local_github)
        probes = stage.sandbox.folder / "probes"
        live = LiveRun(request, stage.local_github, probes)
        held = stage.stores.list_hashes()
        self._playing.append(Playing(live, number, event, stage.clock.now(), held))
        live.begin()

    def _settle(self) -> None:
        """Wait until nothing more happens at this instant."""
        # What was certain a moment ago may have changed by what just happened.
        for playing in self._playing:
            playing.live.doubt()
        while True:
            is_quiet = True
            for playing in list(self._playing):
                if playing.live.is_over:
                    self._end(playing)
                    is_quiet = False
                elif playing.live.is_at_training:
                    self._note_training(playing)
                elif not playing.live.is_waiting:
                    is_quiet = False
            if is_quiet:
                return
            time.sleep(LOOK_SECONDS)

    def _note_training(self, playing: Playing) -> None:
        if playing.trained_at is not None:
            return
        now = self.stage.clock.now()
        playing.trained_at = now
        minutes = playing.event.minutes or self.scenario.minutes
        self._plan(now + timedelta(minutes=minutes), partial(self._release, playing))

    def _release(self, playing: Playing) -> None:
        if playing.live.is_over or playing.live.is_released:
            return
        stage = self.stage
        fault = playing.event.fault
        apply_at_training(fault, playing.live, stage.local_github, stage.sandbox)

    def _end(self, playing: Playing) -> None:
        self._playing.remove(playing)
        # Its turn in a concurrency group is another's from now on.
        for other in self._playing:
            other.live.doubt()
        live, stage = playing.live, self.stage
        if playing.event.fault is not FaultKind.NONE:
            clear(stage.local_github, stage.sandbox)
        stage.sandbox.give_back(live.request.root)
        if live.error is not None:
            raise live.error
        stored = stage.stores.list_hashes()
        run = collect_run(playing, stage.local_github, stored)
        if run.problem.startswith("a newer run of the concurrency group"):
            self.missed.append(MissedEvent(playing.number, run.problem))
        self.runs.append(run)
        self.tell(run)
