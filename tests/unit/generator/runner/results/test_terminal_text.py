"""Sizes, durations, lines and tables that fit a terminal."""

from __future__ import annotations

import pytest

from generator.runner.results.text import (
    ASCII_MARKS,
    MARKS,
    choose_marks,
    fit_line,
    format_seconds,
    format_size,
    format_table,
    shorten_commits,
)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (61_234, "61.2 kB"),
        (500_000, "500 kB"),
        (3_200_000_000, "3.2 GB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes) == text


def test_a_table_is_as_wide_as_its_cells() -> None:
    assert format_table([("a", "1"), ("long", "20")], right=(1,)) == [
        "a      1",
        "long  20",
    ]
    assert format_table([]) == []


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
