"""Install the judges into `.judges/`, and name each that cannot be had.

Run by `make judges`. A judge that is there and locked as it is to be is left alone. Without a
network nothing fails: the tests that ask a judge that is absent are skipped with its name.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".judges"
NODE = FOLDER / "npm"
PYTHON = FOLDER / "python"
SECONDS = 300
# Unpacked, the package takes 400 MB; one description of it is asked for.
UNUSED = ("*.deref.json", "ghec*.json", "ghes*.json")


def install_packages() -> str:
    """GitHub's description, its webhook schemas and Octokit; why not, or ""."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    if is_locked(NODE, "package-lock.json"):
        return ""
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE / name)
    quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"]
    patience = ["--fetch-retries=1", "--fetch-timeout=60000"]
    failure = run([npm, "ci", *quiet, *patience], NODE)
    if not failure:
        generated = NODE / "node_modules/@octokit/openapi/generated"
        for pattern in UNUSED:
            for path in generated.glob(pattern):
                path.unlink()
        mark_locked(NODE, "package-lock.json")
    return failure


def install_clients() -> str:
    """The typed clients in Python, in a virtual environment of their own; why not, or ""."""
    if is_locked(PYTHON, "requirements.txt"):
        return ""
    made = run([sys.executable, "-m", "venv", "--clear", str(PYTHON)], HERE)
    if made:
        return made
    pip = [str(PYTHON / "bin/python"), "-m", "pip", "install", "--quiet"]
    polite = ["--disable-pip-version-check", "--retries", "1", "--timeout", "30"]
    # The lock file is complete, and holds no extras, for which pip would look further.
    locked = ["--no-deps", "--require-hashes", "-r", str(HERE / "requirements.txt")]
    failure = run([*pip, *polite, *locked], HERE)
    if not failure:
        mark_locked(PYTHON, "requirements.txt")
    return failure


def find_gh() -> str:
    """GitHub's command line, which the system's packages have; why not, or ""."""
    if shutil.which("gh") is None:
        return "it is not installed (Debian: apt install gh)"
    return ""


def is_locked(folder: Path, name: str) -> bool:
    """Whether a folder holds what the lock file beside this module says."""
    mark = folder / "installed.lock"
    return mark.is_file() and mark.read_bytes() == (HERE / name).read_bytes()


def mark_locked(folder: Path, name: str) -> None:
    """Note, last, that everything a lock file says has been installed."""
    shutil.copy(HERE / name, folder / "installed.lock")


def run(command: list[str], folder: Path) -> str:
    """Why a program failed, in one line; "" where it did not."""
    try:
        subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = str(error.stderr or error.stdout).strip() or "no reason"
        return reason.splitlines()[-1][-200:]
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[-200:]
    return ""


JUDGES = {
    "GitHub's description, webhook schemas, Octokit (npm)": install_packages,
    "githubkit, PyGithub, github3.py, ghapi (PyPI)": install_clients,
    "gh": find_gh,
}


def main() -> None:
    """Install what can be had, and say what cannot."""
    for name, install in JUDGES.items():
        failure = install()
        verdict = "there"
        if failure:
            verdict = f"NOT TO BE HAD: {failure}; tests that ask it are skipped"
        print(f"judge: {name}: {verdict}")  # noqa: T201 - this is its report


if __name__ == "__main__":
    main()
