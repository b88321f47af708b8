"""Stand-in for actions/setup-python: a virtual environment of a Python on this machine.

Upstream downloads interpreters into the tool cache. Here one is looked up among those
that are installed; where the requested version is not among them, the Python that runs
wfgen is used and the log says so. Environments are kept in a pool, one slot a
concurrent job, by Python and requirements: a second run finds its packages installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from ....errors import WfgenError
from ....process import SystemRunner
from ...isolation.virtualenvs import take_slot
from .search import find_files
from .toolkit import (
    ActionError,
    Inputs,
    add_path,
    export_variable,
    get_workspace,
    info,
    run_action,
    set_output,
    warning,
)

# Variables that wfgen sets for the stand-in.
PYTHONS_VARIABLE = "WFGEN_PYTHONS"
"""JSON: [[version, path], ...], with the Python that runs wfgen first."""
POOL_VARIABLE = "WFGEN_ENVIRONMENTS"
LEASE_VARIABLE = "WFGEN_RUN_LOCK"
MAKE_TIMEOUT_SECONDS = 300.0
DEFAULT_REQUIREMENTS = ["requirements.txt", "pyproject.toml"]
LOCATION_VARIABLES = ("pythonLocation", "Python_ROOT_DIR", "Python3_ROOT_DIR")
_SPECIFIER = re.compile(r"(>=|<=|>|<|==|=|~|\^)?v?(\d+(?:\.\d+)*)((?:\.[xX*])*)")


def main() -> int:
    """Run the step; return its exit code."""
    return run_action(set_up)


def set_up(inputs: Inputs) -> None:
    """Choose a Python, take a slot of the pool and put it first on PATH."""
    version, python = choose_python(list_pythons(), read_wanted_version(inputs))
    content = python + digest_requirements(inputs)
    # Jobs with other requirements get other environments, as with a cache.
    key = f"{version}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    pool = Path(os.environ[POOL_VARIABLE], key)
    try:
        environment = take_slot(pool, Path(os.environ[LEASE_VARIABLE])) / "env"
        is_reused = (environment / "bin" / "python").exists()
        if not is_reused:
            _make_environment(python, environment)
        exact_version = _read_version(environment)
    except (OSError, WfgenError) as error:
        raise ActionError(f"The environment could not be made: {error}") from error
    _publish(environment, exact_version)
    if inputs.get_text("cache"):
        set_output("cache-hit", str(is_reused).lower())
    suffix = ""
    if is_reused:
        suffix = ", with the packages of an earlier run"
    info(f"Successfully set up CPython ({exact_version}){suffix}")


def list_pythons() -> list[tuple[str, str]]:
    """List version and path of each Python, as wfgen found them."""
    pythons = []
    for version, path in json.loads(os.environ[PYTHONS_VARIABLE]):
        pythons.append((str(version), str(path)))
    return pythons


def choose_python(pythons: list[tuple[str, str]], wanted: str) -> tuple[str, str]:
    """Choose the newest Python that the wanted version allows.

    Where there is none, the first one, with a warning.
    """
    allowed = [python for python in pythons if matches_version(python[0], wanted)]
    if allowed:
        return max(allowed, key=lambda python: parse_version(python[0]))
    version, path = pythons[0]
    warning(
        f"Python {wanted} is not on this machine: Python {version} takes its place."
    )
    return version, path


def parse_version(version: str) -> tuple[int, ...]:
    """Parse up to three numbers of a version, for comparing."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def matches_version(version: str, wanted: str) -> bool:
    """Tell whether `python-version` means this version.

    `3.12`, `3.12.1`, `3.x`, `>=3.11 <3.14`; empty means any.
    """
    present = parse_version(version)
    text = wanted.removesuffix("-dev").replace(",", " ")
    for specifier in re.sub(r"([<>=~^]+)\s+", r"\1", text).split():
        match = _SPECIFIER.fullmatch(specifier)
        if match is None:
            return specifier.lower() in {"x", "*"}
        if not _satisfies(present, match[1] or "=", parse_version(match[2])):
            return False
    return True


def _satisfies(present: tuple[int, ...], operator: str, bound: tuple[int, ...]) -> bool:
    """Compare as far as both are given, as in the semantic versioning of npm."""
    # `3.12` on PATH says nothing about its patch version: it is taken for the wanted one.
    bound = bound[: len(present)]
    shortened = present[: len(bound)]
    if operator == ">=":
        return present >= bound
    if operator == "<=":
        return shortened <= bound
    if operator == ">":
        return shortened > bound
    if operator == "<":
        return present < bound
    return _is_compatible(present, operator, bound)


def _is_compatible(
    present: tuple[int, ...], operator: str, bound: tuple[int, ...]
) -> bool:
    # `^` holds the major version, `~` the minor one too, `=` all that is given.
    fixed_parts = {"^": 1, "~": 2}.get(operator, len(bound))
    if present[:fixed_parts] != bound[:fixed_parts]:
        return False
    return present >= bound


def read_wanted_version(inputs: Inputs) -> str:
    """Read the wanted version, as upstream does.

    The input, else the file it names, else .python-version, else whatever there is.
    """
    versions = inputs.get_lines("python-version")
    if versions:
        return versions[0]
    named = inputs.get_text("python-version-file")
    file = get_workspace() / (named or ".python-version")
    if file.is_file():
        return _read_version_file(file)
    if named:
        raise ActionError(
            f"The specified python version file at: {file} doesn't exist."
        )
    return ""


def _read_version_file(file: Path) -> str:
    is_toml = file.suffix == ".toml"
    for text in file.read_text(encoding="utf-8").splitlines():
        line = text.strip()
        if is_toml:
            if "requires-python" in line:
                match = re.match(r"requires-python\s*=\s*[\"']([^\"']+)", line)
                return "" if match is None else match[1]
        elif line and not line.startswith("#"):
            return line
    return ""


def digest_requirements(inputs: Inputs) -> str:
    """Digest the files that say what will be installed."""
    patterns = inputs.get_lines("cache-dependency-path") or DEFAULT_REQUIREMENTS
    found = find_files(patterns, get_workspace(), hidden=True, log=_discard)
    digest = hashlib.sha256()
    for path in sorted(found.files):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()


def _discard(_: str) -> None:
    """The search's messages are about artifacts."""


def _make_environment(python: str, folder: Path) -> None:
    # -I keeps the job's PYTHONPATH out of it.
    script = Path(__file__).with_name("make_environment.py")
    completed = SystemRunner().run(
        [python, "-I", str(script), str(folder)], timeout_seconds=MAKE_TIMEOUT_SECONDS
    )
    if completed.exit_code:
        output = (completed.stdout + completed.stderr).strip()
        raise ActionError(f"{python} could make no environment: {output}")


def _read_version(folder: Path) -> str:
    """Read the exact version of an environment's Python, as `venv` wrote it down."""
    text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    match = re.search(r"(?m)^version = (\S+)$", text)
    return "" if match is None else match[1]


def _publish(folder: Path, version: str) -> None:
    """Put the environment first on PATH, and say where it is."""
    python = folder / "bin" / "python"
    add_path(folder / "bin")
    for name in LOCATION_VARIABLES:
        export_variable(name, str(folder))
    # uv passes over virtual environments where it is told `--system`; this one is the
    # system's as far as a job goes.
    export_variable("UV_PYTHON", str(python))
    set_output("python-version", version)
    set_output("python-path", python)
