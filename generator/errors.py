"""The error tree: each class has the exit code that `wfgen` ends with.

Problems found in a user's workflow are data (`generator.findings`); an exception means
"cannot go on".
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_PROBLEMS = 1
EXIT_USAGE = 2
EXIT_CANNOT_TELL = 3
EXIT_INTERRUPTED = 130


class WfgenError(Exception):
    """Something stops the command; `hint` says what the user can do about it."""

    exit_code = EXIT_CANNOT_TELL
    default_hint = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint


class WorkflowProblemError(WfgenError):
    """The user's workflow is at fault and nothing was written or run."""

    exit_code = EXIT_PROBLEMS


class SettingsError(WfgenError):
    """A setting, a flag or an environment variable has a value that cannot be used."""

    exit_code = EXIT_USAGE


class OutputError(WfgenError):
    """A file could not be written, or must not be."""

    exit_code = EXIT_USAGE


class ToolMissingError(WfgenError):
    """An external program that the command cannot do without is not installed."""

    default_hint = "`wfgen doctor` lists what is missing and the command that brings it"


class ToolFailedError(WfgenError):
    """An external program broke; its silence must not be taken for "no findings"."""


class ToolCutOffError(ToolFailedError):
    """An external program used more time or memory than it was given, and was stopped."""


class LocalGitHubError(WfgenError):
    """The local GitHub could not start, or its store cannot be read."""
