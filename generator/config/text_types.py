"""The kinds of text that settings hold, each with the rules of whoever reads it in the end.

Every check gives back the text to use, or raises ValueError.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from .cron import check_cron
from .types import Text

_NOT_IN_ARTIFACT_NAMES = '":<>|*?\\/'
_NOT_IN_BRANCHES = r"[\s~^:?\[\]\\+!]|\.\.|@\{|//|\$\{\{"


def _branch(name: str) -> str:
    """A branch, or a pattern with `*`.

    The rules of git-check-ref-format, less GitHub's other pattern characters.
    """
    bad = re.search(_NOT_IN_BRANCHES, name)
    if bad:
        raise ValueError(f"{name!r} has {bad[0]!r}, which a branch name cannot have")
    wrong_part = any(
        part.startswith(".") or part.endswith((".lock", "."))
        for part in name.split("/")
    )
    if wrong_part or name.startswith(("-", "/")) or name.endswith("/") or name == "@":
        raise ValueError(f"{name!r} is not a name git gives a branch")
    return name


def _relative(path: str) -> str:
    """A path below the repository's root."""
    if path.startswith(("/", "~", "-", "#", "!")) or "\\" in path:
        raise ValueError(
            f"{path!r} is not a path below the repository's root, with / between folders"
        )
    if ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path!r} leaves the repository")
    if path != path.strip():
        raise ValueError(f"{path!r} begins or ends with a blank")
    return path


def _folder(path: str) -> str:
    """A folder, with the slash that says so.

    The upload action would read pattern characters as such.
    """
    if (
        re.search(r"[*?\[\]]", _relative(path))
        or PurePosixPath(path) == PurePosixPath()
    ):
        raise ValueError(f"{path!r} is not one folder below the repository's root")
    return path.rstrip("/") + "/"


def _artifact(name: str) -> str:
    """The rules of @actions/artifact (`path-and-artifact-name-validation.ts`)."""
    bad = [character for character in _NOT_IN_ARTIFACT_NAMES if character in name]
    if bad:
        raise ValueError(
            f"{name!r} has {bad[0]!r}, which the name of an artifact cannot have"
        )
    if name != name.strip():
        raise ValueError(f"{name!r} begins or ends with a blank")
    return name


def _matching(pattern: str, what: str) -> Text:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must be {what}, not {text!r}")
        return text

    return Text(what, check)


def _cron(line: str) -> str:
    """GitHub's grammar."""
    try:
        return check_cron(line)
    except ValueError as error:
        raise ValueError(
            f"{line!r} is not a schedule GitHub accepts: {error}"
        ) from None


def _timezone(name: str) -> str:
    """An IANA name that this Python knows."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - seldom needed

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not an IANA time zone such as Europe/Berlin"
        ) from None
    return name


def _script(command: str) -> str:
    """A script: whatever GitHub would paste into it has to come through the environment instead."""
    if "${{" in command:
        raise ValueError(
            "has ${{ }}, which would be pasted into the script; give it through env and write $NAME"
        )
    return command


def _requirement(text: str) -> str:
    """One requirement, which pip must not take for an option."""
    if text.startswith("-") or text != text.strip():
        raise ValueError(f"{text!r} is not one requirement")
    return text


def _plain(name: str) -> str:
    """A text that stands where GitHub refuses a file with an expression in it."""
    if "${{" in name:
        raise ValueError(f"{name!r} has ${{{{, and GitHub takes no expression here")
    return name


def names_a_credential(variable: str) -> bool:
    """Whether a variable of that name is one to keep secret."""
    return variable.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD"))


# What secrets look like: 32 or more hexadecimal digits, the marks of GitHub's and
# Kaggle's tokens, or an address.
_LIKE_A_VALUE = r"[0-9a-fA-F]{32,}|(?:gh[a-z]_|github_pat_|KGAT_).*|.*://.*"


def _secret(name: str) -> str:
    if re.fullmatch(_LIKE_A_VALUE, name):
        raise ValueError(
            "holds what looks like the value of a secret: revoke it, and give the secret's name instead"
        )
    if not re.fullmatch(
        r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII
    ) or name.upper().startswith("GITHUB_"):
        # It may be the secret itself: shown, it would be in logs.
        raise ValueError(
            "must be the name of a secret (letters, digits and _, not GITHUB_...), which what was given is not"
        )
    return name


NAME = Text("a name", _plain, longest=200)
LABEL = Text("a label of a runner", longest=200)
BRANCH = Text("a branch", _branch, longest=250)
FOLDER = Text("a folder below the repository's root", _folder)
FILE = Text("a path below the repository's root", _relative)
OPTIONAL_FILE = Text(
    "a path below the repository's root, or empty", _relative, optional=True
)
ARTIFACT = Text("the name of an artifact", _artifact, longest=200)
CRON = Text("a cron line", _cron)
OPTIONAL_TIMEZONE = Text("a time zone, or empty", _timezone, optional=True)
SCRIPT = Text("a script", _script, lines=True, longest=20_000)
OPTIONAL_SCRIPT = Text(
    "a script, or empty", _script, optional=True, lines=True, longest=20_000
)
LITERAL = Text("a text", optional=True, lines=True, longest=20_000)
REQUIREMENT = Text("a requirement for pip", _requirement, longest=300)
OPTIONAL_NAME = Text("a name, or empty", optional=True, longest=200)
SECRET = Text("the name of a secret", _secret, private=True, longest=100)
OPTIONAL_SECRET = Text(
    "the name of a secret, or empty", _secret, optional=True, private=True, longest=100
)
WORKFLOW_FILE = _matching(
    r"[A-Za-z0-9_][A-Za-z0-9._-]*\.ya?ml", "a file name ending in .yml"
)
PYTHON = _matching(
    r"(?:pypy)?3\.(?:9|[12]\d)(?:\.\d{1,3})?t?", 'a Python version from "3.9" on'
)
VARIABLE = _matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")
JOB_ID = _matching(r"[A-Za-z_][A-Za-z0-9_-]*", "the id of a job")
