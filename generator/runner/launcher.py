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
from .events import Trigger, make_trigger
from .models import RunRequest
from .repository import branches_of, find_root, read_repository
from .run import ACT_HINT, Watcher, run_workflow
from .workflow_files import make_known

DISPATCH = "workflow_dispatch"
LOOKS = 50
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
        self._lock = threading.Lock()
        self._live: dict[threading.Thread, StoppableRunner] = {}
        self._going: dict[int, StoppableRunner] = {}
        self._again: set[tuple[Path | None, int | None]] = set()
        self._inputs: dict[int, Mapping[str, str]] = {}
        make_known(local_github, base.root)

    def dispatch(
        self, workflow: Workflow, branch: str, inputs: Mapping[str, str]
    ) -> None:
        """Start a run by hand; RefusedError where GitHub would not."""
        known = branches_of(self._base.root, SystemRunner())
        if known and branch not in known:
            raise RefusedError(f"No ref found for: {branch}")
        self._start(
            replace(
                self._base,
                workflow=Path(workflow.path),
                event=DISPATCH,
                branch=branch,
                inputs=dict(inputs),
            )
        )

    def rerun(self, run: Run) -> None:
        """Run a finished run again, with its inputs where it was dispatched here."""
        pulled = run.event == "pull_request"
        self._start(
            replace(
                self._base,
                workflow=Path(run.workflow_path),
                event=run.event,
                again=run.number,
                branch=run.base_branch or None if pulled else run.head_branch,
                head_branch=run.head_branch,
                from_fork=pulled
                and run.head_repository != self._local_github.repository,
                inputs=self._inputs.get(run.id, {}),
            )
        )

    def cancel(self, run: Run) -> None:
        """Stop a run; RefusedError for one that was not started here."""
        runner = self._runner_of(run.id)
        if runner is None:
            raise RefusedError(
                "Cannot cancel a workflow run that another program is running."
            )
        runner.stop()

    def _runner_of(self, run_id: int) -> StoppableRunner | None:
        """A run is known to clients a moment before we are told that it is ours."""
        for _ in range(LOOKS):
            with self._lock:
                found = self._going.get(run_id)
                beginning = len(self._live) > len(self._going)
            if found or not beginning:
                return found
            time.sleep(PAUSE_SECONDS)
        return None

    def close(self) -> None:
        """Stop every run and wait until they have tidied up."""
        with self._lock:
            live = dict(self._live)
        for runner in live.values():
            runner.stop()
        for thread in live:
            thread.join()

    def started(self, run: Run, request: RunRequest, runner: StoppableRunner) -> None:
        """A run has its id now, by which it can be cancelled."""
        with self._lock:
            self._going[run.id] = runner
            self._inputs[run.id] = request.inputs

    def _start(self, request: RunRequest) -> None:
        self._check(request)
        runner = StoppableRunner()
        thread = threading.Thread(target=self._run, args=(request, runner))
        again = (request.workflow, request.again)
        with self._lock:
            # Until its attempt has begun, a run that is to be run again still looks finished.
            if request.again is not None and again in self._again:
                raise RefusedError("This workflow is already running")
            self._again.add(again)
            self._live[thread] = runner
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
            plan = read_workflow(request.root, request.workflow)
            # A called file that cannot be read is to be told of here, too.
            list_actions(request.root, plan)
            if request.event == DISPATCH and DISPATCH not in plan.triggers:
                raise RefusedError(f"Workflow does not have '{DISPATCH}' trigger")
            make_trigger(
                plan,
                request,
                read_repository(request.root, SystemRunner(), name=request.repository),
            )
        except WfgenError as error:
            raise RefusedError(error.message) from None

    def _run(self, request: RunRequest, runner: StoppableRunner) -> None:
        watch = _Noting(self, request, runner)
        try:
            result = run_workflow(request, self._local_github, runner, watch)
        except KeyboardInterrupt:
            self._say(f"{watch.title}: cancelled")
        except (WfgenError, OSError) as error:
            self._say(f"{watch.title}: {error}")
        else:
            self._say(f"{watch.title}: {result.conclusion.value}")
        finally:
            with self._lock:
                del self._live[threading.current_thread()]
                self._again.discard((request.workflow, request.again))
                self._going = {
                    run_id: one
                    for run_id, one in self._going.items()
                    if one is not runner
                }


class _Noting(Watcher):
    """Tells the launcher which run it is."""

    def __init__(
        self, launcher: LocalLauncher, request: RunRequest, runner: StoppableRunner
    ) -> None:
        self._launcher = launcher
        self._request = request
        self._runner = runner
        self.title = request.workflow.name

    def started(self, run: Run, plan: ParsedWorkflow, trigger: Trigger) -> None:
        """The run has its number."""
        self.title = f"{plan.name} #{run.number} ({run.id}), {trigger.event}"
        self._launcher.started(run, self._request, self._runner)

    def waiting(self, group: str) -> None:
        """A run that waits can be cancelled, too."""
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
    local_github.launch_by(launcher)
    try:
        yield
    finally:
        local_github.launch_by(None)
        launcher.close()
