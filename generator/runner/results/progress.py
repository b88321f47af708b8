"""Shows a run as it goes.

A line a step, groups folded to one line, warnings and errors, and what a failure said.
"""

from __future__ import annotations

import re
import textwrap
from collections import deque
from collections.abc import Callable, Mapping

from ..act.log_reader import EventKind, LogEvent
from ..models import Conclusion

WIDTH = 80
LAST_LINES = 15
MARKS = {
    Conclusion.SUCCESS: "\u2713",
    Conclusion.FAILURE: "\u2717",
    Conclusion.SKIPPED: "-",
    Conclusion.CANCELLED: "!",
}
ASCII_MARKS = {
    Conclusion.SUCCESS: "ok",
    Conclusion.FAILURE: "XX",
    Conclusion.SKIPPED: "--",
    Conclusion.CANCELLED: "!!",
}


def marks_for(encoding: str | None) -> Mapping[Conclusion, str]:
    """Tick marks that the terminal can show."""
    try:
        "\u2713\u2717".encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ASCII_MARKS
    return MARKS


def shortened(name: str) -> str:
    """A step's name with commit hashes cut to seven digits."""
    return re.sub(r"@([0-9a-f]{7})[0-9a-f]{33}", r"@\1", name)


def fitted(text: str, width: int) -> str:
    """The text on one line, cut to a width in characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: max(width - 3, 0)]}..."


def wrapped(text: str) -> list[str]:
    """A message below its step, in lines of the terminal's width.

    A path or address is never broken.
    """
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def seconds_text(seconds: float) -> str:
    """A duration as a person says it."""
    return (
        f"{seconds:.1f} s"
        if seconds < 60
        else f"{int(seconds // 60)} min {int(seconds % 60)} s"
    )  # noqa: PLR2004


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
        self._last: dict[str, deque[str]] = {}
        self._groups: dict[str, list[str]] = {}
        self._failed: dict[str, str] = {}
        self._shown_job = ""
        self._trouble = ""

    def __call__(self, event: LogEvent) -> None:
        """Show one event."""
        if event.kind in {EventKind.STEP_ENDED, EventKind.ANNOTATION} and not _is_quiet(
            event
        ):
            self._under(event.job)
        shower = {
            EventKind.STEP_STARTED: self._step_started,
            EventKind.OUTPUT: self._output,
            EventKind.GROUP: self._group,
            EventKind.ANNOTATION: self._annotation,
            EventKind.STEP_ENDED: self._step_ended,
            EventKind.TROUBLE: self._troubled,
        }.get(event.kind)
        if shower is not None:
            shower(event)

    def _step_started(self, event: LogEvent) -> None:
        self._last[event.job] = deque(maxlen=LAST_LINES)
        self._failed.pop(event.job, None)
        if self._verbose and not _is_quiet(event):
            self._under(event.job)
            self._say(f"  > {event.step}")

    def _group(self, event: LogEvent) -> None:
        self._groups.setdefault(event.job, []).append(event.text)
        if self._verbose:
            self._say(f"    > {event.text}")

    def _troubled(self, event: LogEvent) -> None:
        if event.text != self._trouble:
            self._say(f"act: {event.text}")
        self._trouble = event.text

    def _under(self, job: str) -> None:
        """Name the job whose lines follow: those of parallel jobs come mixed."""
        if job != self._shown_job:
            self._say(fitted(job, WIDTH))
            self._shown_job = job

    def _output(self, event: LogEvent) -> None:
        if self._verbose:
            self._under(event.job)
            self._say(f"    {event.text}")
        elif self._failed.get(event.job) == event.step:
            # act tells the end of a failed step before its last lines.
            self._under(event.job)
            self._say(f"      {event.text}")
        self._last.setdefault(event.job, deque(maxlen=LAST_LINES)).append(event.text)

    def _annotation(self, event: LogEvent) -> None:
        first, *rest = event.text.strip().splitlines() or [""]
        for line in [
            f"{event.level}: {first}",
            *(f"  {line}" for line in rest if event.level == "error"),
        ]:
            for part in wrapped(line):
                self._say(part)

    def _step_ended(self, event: LogEvent) -> None:
        failed = event.conclusion is Conclusion.FAILURE
        if _is_quiet(event):
            return
        stage = event.text if event.text != "Main" else ""
        took = seconds_text(event.seconds)
        mark = self._marks[event.conclusion]
        name = fitted(
            shortened(f"{stage} {event.step}".strip()),
            WIDTH - len(mark) - len(took) - 4,
        )
        self._say(f"  {mark} {name}{took:>{WIDTH - 3 - len(mark) - len(name)}}")
        if not self._verbose:
            for group in self._groups.pop(event.job, []):
                self._say(f"    > {fitted(group, WIDTH - 6)}")
        if failed:
            self._failed[event.job] = event.step
        if failed and not self._verbose:
            for line in self._last.get(event.job, ()):
                self._say(f"      {line}")


def _is_quiet(event: LogEvent) -> bool:
    """What act adds of its own (setting up, pre and post steps) shows only where it fails."""
    internal = event.step in {"Set up job", "Complete job"}
    added = event.kind in {EventKind.STEP_STARTED, EventKind.STEP_ENDED} and (
        internal or event.text != "Main"
    )
    return added and event.conclusion is not Conclusion.FAILURE
