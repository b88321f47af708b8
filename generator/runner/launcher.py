"""Runs what clients of a local GitHub ask it to run.

Each run in a thread of its own, until it ends or is cancelled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..errors import WfgenError
from ..github.core.models import Run, Workflow
from ..github.launcher import RefusedError
from ..github.local_github import LocalGitHub
from ..process import StoppableRunner, SystemRunner, require_tool
from ..workflow.files import list_workflow_files
from ..workflow.model import Workflow as ParsedWorkflow
from ..workflow.parser import read_workflow
from ..workflow.reusable import list_actions
from .events import Event, make_event
from .models import RunRequest
from .observer import RunObserver
from .repository import find_root, list_branches, read_repository
from .run import ACT_HINT, run_workflow
from .workflow_files import register_workflow_files

DISPATCH = "workflow_dispatch"
# How often, and how far apart, a run that was just started is looked for.
MAX_LOOKUPS = 50
PAUSE_SECONDS = 0.02


class LocalLauncher:
    """A launcher (generator/github/launcher.py) for one repository.

    `base` says what all runs have in common: the repository's folder and name, secrets,
    where actions come from. `say` is told in a line of each run that ends.
    """

    def __init__(
        self, local_github: LocalGitHub, base: RunRequest, say: Callable[[str], None]
    ) -> None:
        self._local_github = local_github
        self._base = base
        self._say = say
        # What follows is read and written by all threads, under the lock.
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, StoppableRunner] = {}
        self._runners: dict[int, StoppableRunner] = {}
        self._reruns: set[tuple[Path, int]] = set()
        self._inputs: dict[int, Mapping[str, str]] = {}
        register_workflow_files(local_github, base.root)

    def dispatch(
        self, workflow: Workflow, branch: str, inputs: Mapping[str, str]
    ) -> None:
        """Start a run by hand; RefusedError where GitHub would not."""
        branches = list_branches(self._base.root, SystemRunner())
        if branches and branch not in branches:
            raise RefusedError(f"No ref found for: {branch}")
        request = replace(
            self._base,
            workflow=Path(workflow.path),
            event=DISPATCH,
            branch=branch,
            inputs=dict(inputs),
        )
        self._start(request)

    def rerun(self, run: Run) -> None:
        """Run a finished run again, with its inputs where it was dispatched here."""
        request = replace(
            self._base,
            workflow=Path(run.workflow_path),
            event=run.event,
            rerun_number=run.number,
            branch=run.head_branch,
            head_branch=run.head_branch,
            inputs=self._inputs.get(run.id, {}),
        )
        if run.event == "pull_request":
            request = replace(
                request,
                branch=run.base_branch or None,
                from_fork=run.head_repository != self._local_github.repository,
            )
        self._start(request)

    def cancel(self, run: Run) -> None:
        """Stop a run; RefusedError for one that was not started here."""
        runner = self._find_runner(run.id)
        if runner is None:
            raise RefusedError(
                "Cannot cancel a workflow run that another program is running."
            )
        runner.stop()

    def _find_runner(self, run_id: int) -> StoppableRunner | None:
        # A run is known to clients a moment before we are told that it is ours.
        for _ in range(MAX_LOOKUPS):
            with self._lock:
                runner = self._runners.get(run_id)
                is_one_starting = len(self._threads) > len(self._runners)
            if runner or not is_one_starting:
                return runner
            time.sleep(PAUSE_SECONDS)
        return None

    def close(self) -> None:
        """Stop every run and wait until they have cleaned up."""
        with self._lock:
            threads = dict(self._threads)
        for runner in threads.values():
            runner.stop()
        for thread in threads:
            thread.join()

    def register_start(
        self, run: Run, request: RunRequest, runner: StoppableRunner
    ) -> None:
        """Note the id of a run, by which it can be cancelled."""
        with self._lock:
            self._runners[run.id] = runner
            self._inputs[run.id] = request.inputs

    def _start(self, request: RunRequest) -> None:
        self._check(request)
        runner = StoppableRunner()
        thread = threading.Thread(target=self._run, args=(request, runner))
        with self._lock:
            if request.rerun_number is not None:
                rerun = (request.workflow, request.rerun_number)
                # Until its attempt has begun, a run that is to be run again still looks
                # finished.
                if rerun in self._reruns:
                    raise RefusedError("This workflow is already running")
                self._reruns.add(rerun)
            self._threads[thread] = runner
        thread.start()

    def _check(self, request: RunRequest) -> None:
        """Raise RefusedError for what could not begin.

        Whoever asks is to hear of it, and not only the log.
        """
        # Runs can be entered for any path by whoever may write, and what is run here is
        # the repository's alone.
        if request.root / request.workflow not in list_workflow_files(request.root):
            raise RefusedError(
                f"{request.workflow.name} is no workflow file of this repository"
            )
        try:
            workflow = read_workflow(request.root, request.workflow)
            # Raises for a called file that cannot be read, too.
            list_actions(request.root, workflow)
            if request.event == DISPATCH and DISPATCH not in workflow.triggers:
                raise RefusedError(f"Workflow does not have '{DISPATCH}' trigger")
            repository = read_repository(
                request.root, SystemRunner(), name=request.repository
            )
            make_event(workflow, request, repository)
        except WfgenError as error:
            raise RefusedError(error.message) from None

    def _run(self, request: RunRequest, runner: StoppableRunner) -> None:
        observer = _StartObserver(self, request, runner)
        try:
            result = run_workflow(request, self._local_github, runner, observer)
        except KeyboardInterrupt:
            self._say(f"{observer.title}: cancelled")
        except (WfgenError, OSError) as error:
            self._say(f"{observer.title}: {error}")
        else:
            self._say(f"{observer.title}: {result.conclusion.value}")
        finally:
            self._forget(request, runner)

    def _forget(self, request: RunRequest, runner: StoppableRunner) -> None:
        with self._lock:
            del self._threads[threading.current_thread()]
            if request.rerun_number is not None:
                self._reruns.discard((request.workflow, request.rerun_number))
            for run_id, other in list(self._runners.items()):
                if other is runner:
                    del self._runners[run_id]


class _StartObserver(RunObserver):
    """Tells the launcher which run it has started."""

    def __init__(
        self, launcher: LocalLauncher, request: RunRequest, runner: StoppableRunner
    ) -> None:
        self._launcher = launcher
        self._request = request
        self._runner = runner
        self.title = request.workflow.name

    def on_start(self, run: Run, workflow: ParsedWorkflow, event: Event) -> None:
        """Tell the launcher the number of the run."""
        self.title = f"{workflow.name} #{run.number} ({run.id}), {event.name}"
        self._launcher.register_start(run, self._request, self._runner)

    def on_wait(self, group: str) -> None:
        """Let a run that waits be cancelled, too."""
        if self._runner.stopped:
            raise KeyboardInterrupt(group)


@contextmanager
def launch_for_clients(
    local_github: LocalGitHub, folder: Path, say: Callable[[str], None]
) -> Iterator[None]:
    """Let clients start and stop runs of the repository around a folder.

    What still runs at the end stops. ToolMissingError where act is not installed.
    """
    require_tool("act", hint=ACT_HINT)
    root = find_root(folder, SystemRunner())
    base = RunRequest(root, Path(), "", repository=local_github.repository)
    launcher = LocalLauncher(local_github, base, say)
    local_github.set_launcher(launcher)
    try:
        yield
    finally:
        local_github.set_launcher(None)
        launcher.close()
