"""Texts that settings hold, each with the rules of whoever reads it in the end.

Every check returns the text to use, or raises ValueError.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ..resources import DISTRIBUTION
from .cron import check_cron
from .types import Text

_NOT_IN_ARTIFACT_NAMES = '":<>|*?\\/'
# Of the characters of GitHub's patterns only `*` is let through: the others mean
# something else to git.
_NOT_IN_BRANCHES = r"[\s~^:?\[\]\\+!]|\.\.|@\{|//|\$\{\{"
# What values of secrets look like: 32 or more hexadecimal digits, the marks of GitHub's and
# Kaggle's tokens, or an address.
_VALUE_PATTERN = r"[0-9a-fA-F]{32,}|(?:gh[a-z]_|github_pat_|KGAT_).*|.*://.*"
_NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
# Name, extras and the rest of a requirement (PEP 508).
_REQUIREMENT = r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)"
HOW_TO_NAME_OWN_PACKAGE = (
    "a wheel in the repository like `wheels/wfgen_actions-0.1.0-py3-none-any.whl`, "
    "or `git+https://HOST/OWNER/NAME@COMMIT` of this tool's repository"
)


def _check_branch(name: str) -> str:
    """Accept a branch, or a pattern with `*`.

    The rules of git-check-ref-format, less GitHub's other pattern characters.
    """
    bad = re.search(_NOT_IN_BRANCHES, name)
    if bad:
        raise ValueError(f"{name!r} has {bad[0]!r}, which a branch name cannot have")
    if name == "@" or name.startswith(("-", "/")) or name.endswith("/"):
        raise ValueError(f"{name!r} is not a name git gives a branch")
    for part in name.split("/"):
        if part.startswith(".") or part.endswith((".lock", ".")):
            raise ValueError(f"{name!r} is not a name git gives a branch")
    return name


def _check_relative(path: str) -> str:
    """Accept a path below the repository's root."""
    if path.startswith(("/", "~", "-", "#", "!")) or "\\" in path:
        raise ValueError(
            f"{path!r} is not a path below the repository's root, "
            "with / between folders"
        )
    if ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path!r} leaves the repository")
    if path != path.strip():
        raise ValueError(f"{path!r} begins or ends with a blank")
    return path


def _check_folder(path: str) -> str:
    """Accept one folder, and end it with the slash that says so."""
    _check_relative(path)
    # The upload action reads these as patterns.
    is_pattern = re.search(r"[*?\[\]]", path) is not None
    if is_pattern or PurePosixPath(path) == PurePosixPath():
        raise ValueError(f"{path!r} is not one folder below the repository's root")
    return path.rstrip("/") + "/"


def _check_pattern(path: str) -> str:
    """Accept a path or a pattern of paths: `models/*.pkl`, `**/model.joblib`."""
    _check_relative(path)
    parts = PurePosixPath(path).parts
    if not parts or parts == ("**",) or ".git" in parts:
        raise ValueError(f"{path!r} is not a part of the repository")
    for part in parts:
        if "**" in part and part != "**":
            raise ValueError(f"{path!r}: ** stands for whole folders, between slashes")
    return path


def _check_artifact(name: str) -> str:
    """Accept what @actions/artifact does (`path-and-artifact-name-validation.ts`)."""
    for character in _NOT_IN_ARTIFACT_NAMES:
        if character in name:
            raise ValueError(
                f"{name!r} has {character!r}, which the name of an artifact cannot have"
            )
    if name != name.strip():
        raise ValueError(f"{name!r} begins or ends with a blank")
    return name


def _match_text(pattern: str, noun: str) -> Text:
    """Make a type of the texts that match a pattern as a whole."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must be {noun}, not {text!r}")
        return text

    return Text(noun, check)


def _check_cron(line: str) -> str:
    """Accept GitHub's grammar."""
    try:
        return check_cron(line)
    except ValueError as error:
        raise ValueError(
            f"{line!r} is not a schedule GitHub accepts: {error}"
        ) from None


def _check_timezone(name: str) -> str:
    """Accept an IANA name that this Python knows."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - seldom set

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not an IANA time zone such as Europe/Berlin"
        ) from None
    return name


def _check_script(command: str) -> str:
    """Accept a script into which GitHub pastes nothing."""
    if "${{" in command:
        raise ValueError(
            "has ${{ }}, which would be pasted into the script; "
            "give it through env and write $NAME"
        )
    return command


def _check_requirement(text: str) -> str:
    """Accept one requirement, which pip must not take for an option or another project.

    On PyPI `wfgen` is somebody else's project, and this one is not published there.
    """
    if text.startswith("-") or text != text.strip():
        raise ValueError(f"{text!r} is not one requirement")
    match = re.fullmatch(_REQUIREMENT, text, re.ASCII | re.DOTALL)
    if match is None or match[2].startswith(("/", "\\", ":")):
        return text  # a path or an address
    # Names are compared as PEP 503 normalises them.
    project = re.sub(r"[-_.]+", "-", match[1]).lower()
    if project == "wfgen":
        raise ValueError(
            f"{text!r} is somebody else's project on PyPI: give "
            + HOW_TO_NAME_OWN_PACKAGE
        )
    if project == DISTRIBUTION and not match[2].startswith("@"):
        raise ValueError(
            f"{text!r} is not published on PyPI: give {HOW_TO_NAME_OWN_PACKAGE}"
        )
    return text


def _check_literal(name: str) -> str:
    """Accept a text for a place where GitHub refuses a file with an expression."""
    if "${{" in name:
        raise ValueError(f"{name!r} has ${{{{, and GitHub takes no expression here")
    return name


def is_credential_name(variable: str) -> bool:
    """Tell whether a variable of that name is one to keep secret."""
    return variable.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD"))


def _check_secret(name: str) -> str:
    """Accept the name of a secret. No message shows it, for it may be the value."""
    if re.fullmatch(_VALUE_PATTERN, name):
        raise ValueError(
            "holds what looks like the value of a secret: "
            "revoke it, and give the secret's name instead"
        )
    is_name = re.fullmatch(_NAME_PATTERN, name, re.ASCII) is not None
    if not is_name or name.upper().startswith("GITHUB_"):
        raise ValueError(
            "must be the name of a secret (letters, digits and _, not GITHUB_...), "
            "which what was given is not"
        )
    return name


NAME = Text("a name", _check_literal, longest=200)
OPTIONAL_NAME = Text("a name, or empty", optional=True, longest=200)
LABEL = Text("a label of a runner", longest=200)
BRANCH = Text("a branch", _check_branch, longest=250)
FOLDER = Text("a folder below the repository's root", _check_folder)
PATTERN = Text("a path or a pattern of paths below the root", _check_pattern)
FILE = Text("a path below the repository's root", _check_relative)
OPTIONAL_FILE = Text(
    "a path below the repository's root, or empty", _check_relative, optional=True
)
ARTIFACT = Text("the name of an artifact", _check_artifact, longest=200)
CRON = Text("a cron line", _check_cron)
OPTIONAL_TIMEZONE = Text("a time zone, or empty", _check_timezone, optional=True)
SCRIPT = Text("a script", _check_script, lines=True, longest=20_000)
OPTIONAL_SCRIPT = Text(
    "a script, or empty", _check_script, optional=True, lines=True, longest=20_000
)
LITERAL = Text("a text", optional=True, lines=True, longest=20_000)
OPTIONAL_REQUIREMENT = Text(
    "a requirement for pip, or empty", _check_requirement, optional=True, longest=300
)
SECRET = Text("the name of a secret", _check_secret, private=True, longest=100)
OPTIONAL_SECRET = Text(
    "the name of a secret, or empty",
    _check_secret,
    optional=True,
    private=True,
    longest=100,
)
WORKFLOW_FILE = _match_text(
    r"[A-Za-z0-9_][A-Za-z0-9._-]*\.ya?ml", "a file name ending in .yml"
)
PYTHON = _match_text(
    r"(?:pypy)?3\.(?:9|[12]\d)(?:\.\d{1,3})?t?", 'a Python version from "3.9" on'
)
VARIABLE = _match_text(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")
JOB_ID = _match_text(r"[A-Za-z_][A-Za-z0-9_-]*", "the id of a job")
