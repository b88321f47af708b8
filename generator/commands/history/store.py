"""The store that earlier runs filled, as an option of commands and opened for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...errors import SettingsError
from ...github.local_github import LocalGitHub
from ...process import SystemRunner
from ...runner.repository import find_root

Command = Callable[..., int]


def add_store_options(command: Command) -> Command:
    """Add `--directory` and `--state`; the command gets the folder as `state`."""

    @functools.wraps(command)
    def find_state(**parameters: Any) -> int:  # noqa: ANN401 - click's own, of any type
        directory: Path = parameters.pop("directory")
        if parameters["state"] is None:
            root = find_root(directory.resolve(), SystemRunner())
            parameters["state"] = root / ".wfgen"
        return command(**parameters)

    decorated: Command = click.option(
        "--state",
        type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
        metavar="DIR",
        help="Instead of .wfgen.",
    )(find_state)
    return click.option(
        "--directory",
        "-C",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(),
        help="The repository; else the one around the current folder.",
    )(decorated)


def open_store(state: Path) -> LocalGitHub:
    """Open the store below `.wfgen`; raises SettingsError where no run made one."""
    if not (state / "github").is_dir():
        raise SettingsError(
            f"no run was made here yet: {state} has no store",
            hint="`wfgen run` makes the first one; --state names another folder",
        )
    return LocalGitHub.open(state / "github")
