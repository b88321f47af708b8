"""The words of `wfgen run` that hold more than one thing."""

from __future__ import annotations

import pytest

from generator.commands.run_options import (
    ScopedValues,
    parse_fault,
    parse_secrets,
    parse_variables,
)
from generator.errors import SettingsError
from generator.github.core.faults import Fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("GET /a/* 500", Fault("/a/*", "GET", status=500)),
        ("/a 403", Fault("/a", "*", status=403)),
        ("post /a 503 2", Fault("/a", "POST", status=503, times=2)),
    ],
)
def test_faults_are_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET",
        "GET /a",
        "GET a 500",
        "GET /a 99",
        "GET /a 600",
        "GET /a x",
        "/a 500 1 2",
    ],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--fault does not understand"):
        parse_fault(text)


def test_values_of_environments_are_told_from_the_repositorys() -> None:
    assert parse_variables(["A=1", "production/B=2=3"]) == ScopedValues(
        {"A": "1"}, {"production": {"B": "2=3"}}
    )


def test_a_secret_without_a_value_comes_from_the_shell() -> None:
    secrets = parse_secrets(["key", "production/token=t"], {"key": "from-shell"})
    assert secrets == ScopedValues(
        {"KEY": "from-shell"}, {"production": {"TOKEN": "t"}}
    )


@pytest.mark.parametrize("text", ["a-b=hidden", "/KEY=hidden", "production/=hidden"])
def test_no_error_quotes_a_secret(text: str) -> None:
    with pytest.raises(
        SettingsError, match="is not NAME or ENVIRONMENT/NAME"
    ) as caught:
        parse_secrets([text], {})
    assert "hidden" not in str(caught.value)
