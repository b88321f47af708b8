"""Who starts, repeats and stops runs for clients that ask by REST.

The local GitHub itself runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .core.models import Run, Workflow


class RefusedError(Exception):
    """A run cannot be started, repeated or stopped; says why in one line, for the client."""


class Launcher(Protocol):
    """Runs workflows in the background. Its methods return at once, or raise RefusedError."""

    def dispatch(
        self, workflow: Workflow, branch: str, inputs: Mapping[str, str]
    ) -> None:
        """Start a run by hand."""
        ...

    def rerun(self, run: Run) -> None:
        """Run a finished run again, as its next attempt."""
        ...

    def cancel(self, run: Run) -> None:
        """Stop a run that is going on."""
        ...
