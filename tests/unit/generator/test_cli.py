"""The boundary of `wfgen`: an error is a sentence, a hint and an exit code, never a traceback."""

from __future__ import annotations

import sys
from importlib.metadata import version
from types import ModuleType

import click
import pytest

from generator.cli import COMMANDS, main
from generator.errors import (
    LocalGitHubError,
    OutputError,
    SettingsError,
    ToolFailedError,
    ToolMissingError,
    WfgenError,
    WorkflowProblemError,
)


def exit_code(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_help_lists_every_command_in_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code("--help") == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert max(map(len, out.splitlines())) <= 80


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"wfgen {version('wfgen-actions')}\n"


def test_an_unknown_command_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code("rendr") == 2
    assert "No such command 'rendr'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkflowProblemError("m"), 1),
        (SettingsError("m"), 2),
        (OutputError("m"), 2),
        (ToolMissingError("m"), 3),
        (ToolFailedError("m"), 3),
        (LocalGitHubError("m"), 3),
        (WfgenError("m", hint="do this"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def command() -> None:
        raise error

    module = ModuleType("generator.commands.render")
    module.__dict__["command"] = command
    monkeypatch.setitem(sys.modules, "generator.commands.render", module)
    assert exit_code("render") == code
    err = capsys.readouterr().err
    assert err.splitlines()[0].startswith("wfgen: ") or isinstance(
        error, KeyboardInterrupt
    )
    assert "Traceback" not in err
    if isinstance(error, WfgenError) and error.hint:
        assert f"hint: {error.hint}" in err
