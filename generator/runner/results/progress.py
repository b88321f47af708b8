"""Shows a run as it goes.

A line a step, groups folded to one line, warnings and errors, and what a failure said.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping

from ...github.core.models import Run
from ...workflow.model import Workflow
from ..act.log_reader import MAIN_STAGE, EventKind, LogEvent
from ..events import Event
from ..models import Conclusion
from ..observer import RunObserver
from .text import (
    WIDTH,
    choose_marks,
    fit_line,
    format_seconds,
    shorten_commits,
    wrap_message,
)

# What a step that failed wrote last is shown.
LAST_LINES = 15
# What act adds to every job of its own.
_ACT_STEPS = {"Set up job", "Complete job"}


class Progress:
    """Prints events; `say` gets one line at a time."""

    def __init__(
        self,
        say: Callable[[str], None],
        marks: Mapping[Conclusion, str],
        *,
        verbose: bool = False,
    ) -> None:
        self._say = say
        self._marks = marks
        self._verbose = verbose
        # By the name of a job: those that run side by side come mixed.
        self._last_lines: dict[str, deque[str]] = {}
        self._groups: dict[str, list[str]] = {}
        self._failed_steps: dict[str, str] = {}
        self._shown_job = ""
        self._act_message = ""
        self._handlers = {
            EventKind.STEP_STARTED: self._show_step_start,
            EventKind.OUTPUT: self._show_output,
            EventKind.GROUP: self._show_group,
            EventKind.ANNOTATION: self._show_annotation,
            EventKind.STEP_ENDED: self._show_step_end,
            EventKind.ACT_MESSAGE: self._show_act_message,
        }

    def __call__(self, event: LogEvent) -> None:
        """Show one event."""
        handler = self._handlers.get(event.kind)
        if handler is not None:
            handler(event)

    def _show_step_start(self, event: LogEvent) -> None:
        self._last_lines[event.job] = deque(maxlen=LAST_LINES)
        self._failed_steps.pop(event.job, None)
        if self._verbose and not _is_quiet(event):
            self._show_job(event.job)
            self._say(f"  > {' '.join(event.step.splitlines())}")

    def _show_group(self, event: LogEvent) -> None:
        self._groups.setdefault(event.job, []).append(event.text)
        if self._verbose:
            self._say(f"    > {' '.join(event.text.splitlines())}")

    def _show_act_message(self, event: LogEvent) -> None:
        if event.text != self._act_message:
            self._say(f"act: {event.text}")
        self._act_message = event.text

    def _show_job(self, job: str) -> None:
        """Name the job whose lines follow."""
        if job != self._shown_job:
            self._say(fit_line(job, WIDTH))
            self._shown_job = job

    def _show_output(self, event: LogEvent) -> None:
        if self._verbose:
            self._show_job(event.job)
            self._say(f"    {event.text}")
        elif self._failed_steps.get(event.job) == event.step:
            # act logs the end of a failed step before its last lines.
            self._show_job(event.job)
            self._say(f"      {event.text}")
        lines = self._last_lines.setdefault(event.job, deque(maxlen=LAST_LINES))
        lines.append(event.text)

    def _show_annotation(self, event: LogEvent) -> None:
        self._show_job(event.job)
        first, *rest = event.text.strip().splitlines() or [""]
        lines = [f"{event.level}: {first}"]
        if event.level == "error":
            lines += [f"  {line}" for line in rest]
        for line in lines:
            for part in wrap_message(line):
                self._say(part)

    def _show_step_end(self, event: LogEvent) -> None:
        if _is_quiet(event):
            return
        self._show_job(event.job)
        self._say(self._format_step(event))
        has_failed = event.conclusion is Conclusion.FAILURE
        if has_failed:
            self._failed_steps[event.job] = event.step
        if self._verbose:
            return
        for group in self._groups.pop(event.job, []):
            self._say(f"    > {fit_line(group, WIDTH - 6)}")
        if has_failed:
            for line in self._last_lines.get(event.job, ()):
                self._say(f"      {line}")

    def _format_step(self, event: LogEvent) -> str:
        """Return a step on one line, with its duration at the right edge."""
        name = event.step
        if event.text != MAIN_STAGE:
            name = f"{event.text} {event.step}".strip()
        mark = self._marks[event.conclusion]
        duration = format_seconds(event.seconds)
        room = WIDTH - len(mark) - len(duration) - 4
        start = f"  {mark} {fit_line(shorten_commits(name), room)}"
        return f"{start}{duration:>{WIDTH - len(start)}}"


class RunPrinter(RunObserver):
    """Prints a run as it goes."""

    def __init__(self, say: Callable[[str], None], *, verbose: bool) -> None:
        self._say = say
        self._has_waited = False
        marks = choose_marks(getattr(sys.stdout, "encoding", None))
        self._progress = Progress(say, marks, verbose=verbose)

    def on_start(self, run: Run, workflow: Workflow, event: Event) -> None:
        """Say which run this is."""
        number = f"#{run.number}"
        if run.attempt > 1:
            number += f" (attempt {run.attempt})"
        origin = f"{event.name} on {event.short_ref} at {event.sha[:7]}"
        self._say(fit_line(f"{workflow.name} {number}: {origin}", WIDTH))

    def on_wait(self, group: str) -> None:
        """Say once why nothing happens yet."""
        if not self._has_waited:
            message = f"waits for another run of the concurrency group {group}"
            self._say(fit_line(message, WIDTH))
        self._has_waited = True

    def on_event(self, event: LogEvent) -> None:
        """Show what happened."""
        self._progress(event)


def _is_quiet(event: LogEvent) -> bool:
    """Whether a step is one that act adds of its own, which shows only where it fails.

    These are setting up, and pre and post steps.
    """
    if event.conclusion is Conclusion.FAILURE:
        return False
    return event.step in _ACT_STEPS or event.text != MAIN_STAGE
