"""What every action needs.

Inputs, outputs and the runner's commands (actions/toolkit, packages/core).

A command is a line of standard output (`::warning::...`); outputs, variables and paths
go to files that the runner names in the environment.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

INPUTS_VARIABLE = "WFGEN_INPUTS"


class ActionError(Exception):
    """The step fails with this message, and goes no further."""


class _Outcome:
    """The exit code so far."""

    code = 0


class Inputs:
    """The inputs of a step, as the text that the workflow gave them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = {
            name: "" if value is None else str(value) for name, value in values.items()
        }

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Inputs:
        """Read them from the JSON object in WFGEN_INPUTS.

        Or from the variables that node actions get them in.
        """
        if INPUTS_VARIABLE in environ:
            return cls(json.loads(environ[INPUTS_VARIABLE] or "{}"))
        given = {
            name: value for name, value in environ.items() if name.startswith("INPUT_")
        }
        return cls(
            {
                name.removeprefix("INPUT_").lower(): value
                for name, value in given.items()
            }
        )

    def text(self, name: str, *, required: bool = False) -> str:
        """An input without the space around it.

        Raises ActionError where a required one is missing.
        """
        value = self._values.get(name, "").strip()
        if required and not value:
            raise ActionError(f"Input required and not supplied: {name}")
        return value

    def flag(self, name: str) -> bool:
        """A boolean of YAML's core schema; raises ActionError for anything else."""
        value = self.text(name)
        if value in {"true", "True", "TRUE"}:
            return True
        if value in {"false", "False", "FALSE"}:
            return False
        raise ActionError(
            f'Input does not meet YAML 1.2 "Core Schema" specification: {name}\n'
            "Support boolean input list: `true | True | TRUE | false | False | FALSE`"
        )

    def lines(self, name: str) -> list[str]:
        """The lines of an input that hold something."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]


def info(message: str) -> None:
    """Write a line of the log."""
    print(message, flush=True)  # noqa: T201 - the runner reads standard output


def command(name: str, message: str) -> None:
    """Give the runner a command; the message may have several lines."""
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    info(f"::{name}::{escaped}")


def notice(message: str) -> None:
    """Write an annotation that asks for nothing."""
    command("notice", message)


def warning(message: str) -> None:
    """Write an annotation that does not fail the step."""
    command("warning", message)


def set_output(name: str, value: object) -> None:
    """Set an output of the step."""
    _append("GITHUB_OUTPUT", _assignment(name, str(value)))


def save_state(name: str, value: str) -> None:
    """Keep a value for the action's second half, where it has one."""
    if os.environ.get("GITHUB_STATE"):
        _append("GITHUB_STATE", _assignment(name, value))


def state(name: str) -> str:
    """What the action's first half kept."""
    return os.environ.get(f"STATE_{name}", "")


def export_variable(name: str, value: str) -> None:
    """Set an environment variable for the steps that follow."""
    _append("GITHUB_ENV", _assignment(name, value))


def add_path(folder: Path) -> None:
    """Put a folder first on the PATH of the steps that follow."""
    _append("GITHUB_PATH", f"{folder}\n")


def set_failed(message: str) -> None:
    """Fail the step, and go on with it (`core.setFailed`)."""
    command("error", message)
    _Outcome.code = 1


def run_action(action: Callable[[Inputs], None], failure_prefix: str = "") -> int:
    """Run an action on the inputs in the environment; gives back the step's exit code."""
    _Outcome.code = 0
    try:
        action(Inputs.from_environment(os.environ))
    except ActionError as error:
        set_failed(f"{failure_prefix}{error}")
    return _Outcome.code


def workspace() -> Path:
    """Where the repository is checked out."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def _assignment(name: str, value: str) -> str:
    # A delimiter that no value can hold, as the toolkit does it: a line of the value
    # must not end it early.
    delimiter = f"ghadelimiter_{uuid.uuid4()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        sys.exit(f"{variable} is not set: an action runs as a step of a workflow")
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)
