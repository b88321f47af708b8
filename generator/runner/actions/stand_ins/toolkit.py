"""What every action needs: inputs, outputs and commands to the runner.

The functions are called as in actions/toolkit, packages/core. A command is a line of
standard output (`::warning::...`); outputs, variables and paths go to files that the
runner names in the environment.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

INPUTS_VARIABLE = "WFGEN_INPUTS"
NODE_INPUT_PREFIX = "INPUT_"
TRUE_TEXTS = {"true", "True", "TRUE"}
FALSE_TEXTS = {"false", "False", "FALSE"}


class ActionError(Exception):
    """The step fails with this message, and goes no further."""


class _Outcome:
    """The exit code so far."""

    code = 0


class Inputs:
    """The inputs of a step, as the text that the workflow gave them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values: dict[str, str] = {}
        for name, value in values.items():
            if value is not None:
                self._values[name] = str(value)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Inputs:
        """Read the inputs from the JSON object in WFGEN_INPUTS.

        A node action gets each in a variable of its own instead.
        """
        if INPUTS_VARIABLE in environ:
            return cls(json.loads(environ[INPUTS_VARIABLE] or "{}"))
        values = {}
        for name, value in environ.items():
            # The runner writes names of inputs in capitals.
            if name.startswith(NODE_INPUT_PREFIX):
                values[name.removeprefix(NODE_INPUT_PREFIX).lower()] = value
        return cls(values)

    def get_text(self, name: str, *, required: bool = False) -> str:
        """Get an input without the blanks around it (`getInput`).

        Raises ActionError where a required one is missing.
        """
        value = self._values.get(name, "").strip()
        if required and not value:
            raise ActionError(f"Input required and not supplied: {name}")
        return value

    def get_boolean(self, name: str) -> bool:
        """Get a boolean of YAML's core schema (`getBooleanInput`).

        Raises ActionError for anything else.
        """
        value = self.get_text(name)
        if value in TRUE_TEXTS:
            return True
        if value in FALSE_TEXTS:
            return False
        raise ActionError(
            f'Input does not meet YAML 1.2 "Core Schema" specification: {name}\n'
            "Support boolean input list: `true | True | TRUE | false | False | FALSE`"
        )

    def get_lines(self, name: str) -> list[str]:
        """Get the lines of an input that hold something (`getMultilineInput`)."""
        lines = map(str.strip, self.get_text(name).splitlines())
        return list(filter(None, lines))


def info(message: str) -> None:
    """Write a line of the log."""
    print(message, flush=True)  # noqa: T201  # the runner reads standard output


def issue_command(name: str, message: str) -> None:
    """Give the runner a command; the message may have several lines."""
    # The runner reads a command from one line, and turns these escapes back.
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    info(f"::{name}::{escaped}")


def warning(message: str) -> None:
    """Write an annotation that does not fail the step."""
    issue_command("warning", message)


def set_output(name: str, value: object) -> None:
    """Set an output of the step."""
    _append("GITHUB_OUTPUT", _format_assignment(name, str(value)))


def save_state(name: str, value: str) -> None:
    """Keep a value for the action's second half, where it has one."""
    if os.environ.get("GITHUB_STATE"):
        _append("GITHUB_STATE", _format_assignment(name, value))


def get_state(name: str) -> str:
    """Get what the action's first half kept."""
    return os.environ.get(f"STATE_{name}", "")


def export_variable(name: str, value: str) -> None:
    """Set an environment variable for the steps that follow."""
    _append("GITHUB_ENV", _format_assignment(name, value))


def add_path(folder: Path) -> None:
    """Put a folder first on the PATH of the steps that follow."""
    _append("GITHUB_PATH", f"{folder}\n")


def set_failed(message: str) -> None:
    """Fail the step, and go on with it."""
    issue_command("error", message)
    _Outcome.code = 1


def run_action(action: Callable[[Inputs], None], failure_prefix: str = "") -> int:
    """Run an action on the inputs in the environment; return the step's exit code."""
    _Outcome.code = 0
    try:
        action(Inputs.from_environment(os.environ))
    except ActionError as error:
        set_failed(f"{failure_prefix}{error}")
    return _Outcome.code


def get_workspace() -> Path:
    """Return the folder that the repository is checked out in."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def get_repository_url(repository: str) -> str:
    """Return the address of a repository's pages, which is also its clone URL."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{repository}"


def get_temporary_folder() -> str | None:
    """Return the runner's folder for temporary files; None is the system's."""
    return os.environ.get("RUNNER_TEMP")


def _format_assignment(name: str, value: str) -> str:
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
