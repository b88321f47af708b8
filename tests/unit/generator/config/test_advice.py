"""Settings that will disappoint are said to, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator.config.advice import give_advice
from generator.config.settings import load

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def list_advice(**flags: object) -> list[str]:
    settings = load(
        Path("nowhere"),
        {},
        {key.replace("__", "."): (key, value) for key, value in flags.items()},
    )
    return list(give_advice(settings, NOW))


def test_a_ci_that_cannot_install_this_tool_is_told_what_to_set() -> None:
    (line,) = list_advice(workflows__ci=True)
    assert "set ci.wfgen to a wheel in the repository like `wheels/" in line
    assert "git+https://HOST/OWNER/NAME@COMMIT" in line
    assert list_advice(workflows__ci=True, ci__wfgen=".") == []


@pytest.mark.parametrize(
    ("flags", "kept", "pause"),
    [
        ({"schedule__cron": "0 3 * * 1"}, "5 days", "7"),
        ({"schedule__cron": "0 3 1 * *", "retention": 30}, "30 days", "31"),
        ({"retention": 1}, "1 day", "1"),
        ({"schedule__cron": ["0 3 * * 1", "0 3 * * 5"], "retention": 4}, "4 days", "4"),
        (
            {
                "schedule__cron": "0 3 * * 1",
                "retention": 9,
                "artifacts__data__retention": 2,
            },
            "2 days",
            "7",
        ),
        ({"schedule__cron": "0 3 * * 1", "store": "cache"}, "7 days", "7"),
    ],
)
def test_state_that_expires_before_the_schedule_comes_back(
    flags: dict[str, object], kept: str, pause: str
) -> None:
    (line,) = list_advice(**flags)
    assert (
        f"the state is kept {kept} and the schedule pauses for up to {pause}: " in line
    )


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"schedule__cron": "0 3 * * 1", "retention": 8},
        {"schedule__cron": "0 3 1 * *", "retention": 40},
        {"schedule__cron": "0 3 1 * *", "triggers__schedule": False},
        {"schedule__cron": "0 3 1 * *", "store": "release"},
        {"schedule__cron": "0 3 1 * *", "store": "branch"},
        {"schedule__cron": ["0 3 1 * *", "0 5 * * *"]},
    ],
)
def test_what_is_fine_is_not_talked_about(flags: dict[str, object]) -> None:
    assert list_advice(**flags) == []
