"""A run is shown as it goes, in lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generator.runner.act.log_reader import LogEvent, LogReader
from generator.runner.results.progress import Progress
from generator.runner.results.text import (
    ASCII_MARKS,
    MARKS,
    choose_marks,
    fit_line,
    format_seconds,
    shorten_commits,
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


def test_texts_fit_the_terminal() -> None:
    assert choose_marks("utf-8") is MARKS
    assert choose_marks("ascii") is choose_marks(None) is ASCII_MARKS
    assert fit_line("a\n b  c", 9) == "a b c"
    assert fit_line("abcdefghij", 6) == "abc..."
    assert shorten_commits(f"Run o/a@{'0123456789' * 4}") == "Run o/a@0123456"
    assert [format_seconds(value) for value in (0.04, 59.94, 61)] == [
        "0.0 s",
        "59.9 s",
        "1 min 1 s",
    ]
