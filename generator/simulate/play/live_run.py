"""One run that is going on in a thread of its own, and how far it has come."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import WfgenError
from ...github.core.models import Run
from ...github.local_github import LocalGitHub
from ...process import StoppableRunner
from ...runner.events import Event
from ...runner.models import RunRequest, RunResult
from ...runner.observer import RunObserver
from ...runner.run import run_workflow
from ...workflow.model import Workflow
from .probe import FOUND, GO, WRITTEN

# A run that was told so often to wait was told so after whatever changed last.
CERTAIN_WAITS = 2


class LiveRun(RunObserver):
    """A run between its start and its end; `probes` is the folder of the probes' runs."""

    def __init__(
        self, request: RunRequest, local_github: LocalGitHub, probes: Path
    ) -> None:
        self.request = request
        self.run: Run | None = None
        self.result: RunResult | None = None
        self.error: BaseException | None = None
        self.is_released = False
        self.is_lost = False
        self._local_github = local_github
        self._probes = probes
        self._runner = StoppableRunner()
        self._waits = 0
        # An interrupted simulation must not wait for it at the interpreter's end.
        self._thread = threading.Thread(target=self._play, daemon=True)

    def begin(self) -> None:
        """Start it."""
        self._thread.start()

    def _play(self) -> None:
        try:
            self.result = run_workflow(
                self.request, self._local_github, self._runner, self
            )
        except KeyboardInterrupt:
            # The runner was lost: the run has no result of its own.
            self.is_lost = True
        except (WfgenError, OSError) as error:
            self.error = error

    def on_start(self, run: Run, _workflow: Workflow, _event: Event) -> None:
        """Note which run it is."""
        self.run = run

    def on_wait(self, group: str) -> None:
        """Note that another run of its group is going on."""
        self._waits += 1
        if self._runner.stopped:
            raise KeyboardInterrupt(group)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    @property
    def is_at_training(self) -> bool:
        """Whether its training waits for the word to go on."""
        if self.is_released or self.run is None:
            return False
        return (self._get_folder(self.run) / FOUND).exists()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its turn in a concurrency group, as far as is certain."""
        return self._waits >= CERTAIN_WAITS

    def doubt(self) -> None:
        """Take nothing for certain: another run has ended or begun."""
        self._waits = 0

    def release(self, word: str) -> None:
        """Let the training go on, with a word on what is to go wrong."""
        self.is_released = True
        if self.run is not None:
            folder = self._get_folder(self.run)
            folder.mkdir(parents=True, exist_ok=True)
            # The probe looks for it all the time: it must never see half a word.
            aside = folder / f"{GO}.part"
            aside.write_text(word, encoding="utf-8")
            aside.replace(folder / GO)

    def stop(self) -> None:
        """Kill it, as when its runner is lost."""
        self.is_released = True
        self._runner.stop()

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def read_found(self) -> Mapping[str, str] | None:
        """Return the files of the state that its training found; None without one."""
        return self._read(FOUND).get("files")

    def read_written(self) -> dict[str, Any]:
        """Return what there is of the state after its training; empty without one.

        `files`, the `exit_code` of the training, and the `count` of a counter.
        """
        return self._read(WRITTEN)

    def _read(self, name: str) -> dict[str, Any]:
        if self.run is None:
            return {}
        try:
            text = (self._get_folder(self.run) / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        document: dict[str, Any] = json.loads(text)
        return document

    def _get_folder(self, run: Run) -> Path:
        return self._probes / "runs" / f"{run.id}-{run.attempt}"
