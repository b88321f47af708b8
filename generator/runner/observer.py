"""Whoever follows a run is told of it by these methods."""

from __future__ import annotations

from ..github.core.models import Run
from ..workflow.model import Workflow
from .act.log_reader import LogEvent
from .events import Event


class RunObserver:
    """Follows a run; a subclass overrides what it is interested in."""

    def on_start(self, run: Run, workflow: Workflow, event: Event) -> None:
        """Learn that the run has its number and is about to start."""

    def on_wait(self, group: str) -> None:
        """Learn that another run of its concurrency group is going on.

        Called again and again; what this raises ends the run.
        """

    def on_event(self, event: LogEvent) -> None:
        """Learn what the log says."""
