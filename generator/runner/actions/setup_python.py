"""Stand-in for actions/setup-python: a virtual environment of a Python that this machine has.

Upstream downloads interpreters into the tool cache; here one is looked up among those
that are installed, and where the wanted version is not among them, the Python that runs
wfgen is used and the log says so. Environments are kept in a pool, one slot a
concurrent job, by Python and requirements: a second run finds its packages installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from ...errors import WfgenError
from ...process import SystemRunner
from ..isolation.virtualenvs import take_slot
from .search import find_files
from .toolkit import (
    ActionError,
    Inputs,
    add_path,
    export_variable,
    info,
    run_action,
    set_output,
    warning,
    workspace,
)

# Set by the action.yml that wfgen writes.
PYTHONS_VARIABLE = (
    "WFGEN_PYTHONS"  # JSON: [[version, path], ...], the one that runs wfgen first
)
POOL_VARIABLE = "WFGEN_ENVIRONMENTS"
LEASE_VARIABLE = "WFGEN_RUN_LOCK"
MAKE_TIMEOUT_SECONDS = 300.0


def main() -> int:
    """Run the step; gives back its exit code."""
    return run_action(set_up)


def set_up(inputs: Inputs) -> None:
    """Choose a Python, take a slot of the pool and put it first on PATH."""
    wanted = _wanted(inputs)
    version, python = choose(
        [(str(v), str(p)) for v, p in json.loads(os.environ[PYTHONS_VARIABLE])], wanted
    )
    digest = _requirements_digest(inputs)
    key = f"{version}-{hashlib.sha256((python + digest).encode()).hexdigest()[:16]}"
    try:
        slot = take_slot(
            Path(os.environ[POOL_VARIABLE], key), Path(os.environ[LEASE_VARIABLE])
        )
        reused = (slot / "env" / "bin" / "python").exists()
        if not reused:
            _make(python, slot / "env")
        exact = _version_of(slot / "env")
    except (OSError, WfgenError) as error:
        raise ActionError(f"The environment could not be made: {error}") from error
    _publish(slot / "env", exact, reused=reused, caching=bool(inputs.text("cache")))


def choose(pythons: list[tuple[str, str]], wanted: str) -> tuple[str, str]:
    """The newest Python that the wanted version allows, or the first one, with a warning."""
    fitting = [item for item in pythons if fits(item[0], wanted)]
    if fitting:
        return max(fitting, key=lambda item: version_key(item[0]))
    version, python = pythons[0]
    warning(
        f"Python {wanted} is not on this machine: Python {version} takes its place."
    )
    return version, python


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def fits(version: str, wanted: str) -> bool:
    """Whether `python-version` means this version.

    `3.12`, `3.12.1`, `3.x`, `>=3.11 <3.14`; empty means any.
    """
    have = version_key(version)
    for part in (
        re.sub(r"([<>=~^]+)\s+", r"\1", wanted.removesuffix("-dev"))
        .replace(",", " ")
        .split()
    ):
        found = re.fullmatch(
            r"(>=|<=|>|<|==|=|~|\^)?v?(\d+(?:\.\d+)*)((?:\.[xX*])*)", part
        )
        if found is None:
            return part.lower() in {"x", "*"}
        bound = version_key(found[2])
        cut = have[: len(bound)]
        # `3.12` on PATH says nothing about its patch version: it is taken for what was asked.
        bound = bound[: len(have)]
        holds = {
            ">=": have >= bound,
            "<=": cut <= bound,
            ">": cut > bound,
            "<": have < bound,
            "^": have >= bound and have[:1] == bound[:1],
            "~": have >= bound and have[:2] == bound[:2],
        }.get(found[1] or "=", cut[: len(bound)] == bound)
        if not holds:
            return False
    return True


def _wanted(inputs: Inputs) -> str:
    """As upstream.

    The input, else the file it names, else .python-version, else whatever there is.
    """
    given = inputs.text("python-version")
    if given:
        return inputs.lines("python-version")[0]
    named = inputs.text("python-version-file")
    file = workspace() / (named or ".python-version")
    if not file.is_file():
        if named:
            raise ActionError(
                f"The specified python version file at: {file} doesn't exist."
            )
        return ""
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    if file.suffix == ".toml":
        found = next(
            (
                re.match(r"requires-python\s*=\s*[\"']([^\"']+)", line)
                for line in lines
                if "requires-python" in line
            ),
            None,
        )
        return found[1] if found else ""
    return next((line for line in lines if line and not line.startswith("#")), "")


def _requirements_digest(inputs: Inputs) -> str:
    """A hash of the files that say what will be installed."""
    folder = workspace()
    names = inputs.lines("cache-dependency-path") or [
        "requirements.txt",
        "pyproject.toml",
    ]
    digest = hashlib.sha256()
    for name in sorted(find_files(names, folder, hidden=True, say=_quietly).files):
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def _quietly(_: str) -> None:
    """What the search has to say is of no use here."""


def _make(python: str, folder: Path) -> None:
    script = Path(__file__).with_name("make_environment.py")
    done = SystemRunner().run(
        [python, "-I", str(script), str(folder)], timeout_seconds=MAKE_TIMEOUT_SECONDS
    )
    if done.exit_code:
        raise ActionError(
            f"{python} could make no environment: {(done.stdout + done.stderr).strip()}"
        )


def _version_of(folder: Path) -> str:
    """The exact version of an environment's Python, as `venv` wrote it down."""
    found = re.search(
        r"(?m)^version = (\S+)$", (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    )
    return found[1] if found else ""


def _publish(folder: Path, version: str, *, reused: bool, caching: bool) -> None:
    add_path(folder / "bin")
    for name in ("pythonLocation", "Python_ROOT_DIR", "Python3_ROOT_DIR"):
        export_variable(name, str(folder))
    # uv passes over virtual environments where it is told `--system`; this one is the
    # system's as far as a job goes.
    export_variable("UV_PYTHON", str(folder / "bin" / "python"))
    set_output("python-version", version)
    set_output("python-path", folder / "bin" / "python")
    if caching:
        set_output("cache-hit", str(reused).lower())
    info(
        f"Successfully set up CPython ({version}){', with the packages of an earlier run' if reused else ''}"
    )
