"""A run is shown as it goes, in lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generator.runner.act.log_reader import LogEvent, LogReader
from generator.runner.results.progress import Progress
from generator.runner.results.text import (
    MARKS,
)

ReadLog = Callable[[Sequence[object]], tuple[LogReader, list[LogEvent]]]


def test_progress_shows_a_line_a_step(
    read_log: ReadLog, entries: list[dict[str, object]]
) -> None:
    _, events = read_log(entries)
    lines: list[str] = []
    progress = Progress(lines.append, MARKS)
    for event in events:
        progress(event)
    assert lines == [
        "a",
        "  \u2713 First" + "2.5 s".rjust(80 - 9),
        "    > Folded",
        "    error: broken",
        "  \u2717 Second 1" + "0.0 s".rjust(80 - 12),
    ]
