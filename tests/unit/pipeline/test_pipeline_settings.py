"""Numbers of the settings: ASCII digits alone, from flags and from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import load

WRONG_COUNTS = ("٣", "1_000", "+3", " 3", "3 ", "1e3", "3\n", "³", "9" * 5000)


@pytest.mark.parametrize("text", WRONG_COUNTS)
def test_whole_numbers_are_ascii_digits_alone(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="in the digits 0 to 9 alone") as caught:
        load(tmp_path, {}, {"iterations": text})
    assert caught.value.message.startswith("--iterations is ")
    assert len(caught.value.message.splitlines()) == 1
    with pytest.raises(SettingsError, match="PIPELINE_ITERATIONS is "):
        load(tmp_path, {"PIPELINE_ITERATIONS": text}, {})


@pytest.mark.parametrize("text", ["٣", "1_0", "+3", " 3", "1e3", "nan", "1.2.3", "."])
def test_seconds_are_ascii_digits_with_a_point(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="number of seconds"):
        load(tmp_path, {}, {"checkpoint_seconds": text})


def test_numbers_in_digits_are_taken(tmp_path: Path) -> None:
    settings = load(
        tmp_path, {"PIPELINE_CHECKPOINT_SECONDS": "2.5"}, {"iterations": "12"}
    )
    assert (settings.iterations, settings.checkpoint_seconds) == (12, 2.5)
