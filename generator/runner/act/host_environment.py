"""The environment a run starts with: nothing of the user's but what installing packages needs.

act hands its own whole environment on to every step, so it is given one made here.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ...errors import ToolFailedError
from ...process import Runner

SYSTEM_PATH = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
)
# Programs that GitHub's images have and that this machine may keep elsewhere.
LINKED_TOOLS = (
    "git",
    "node",
    "npm",
    "gh",
    "bash",
    "sh",
    "curl",
    "tar",
    "unzip",
    "zip",
    "jq",
)
# Certificates and proxies: without them nothing can be installed behind a company's gateway.
PASSED_ON = re.compile(
    r"(PIP|UV)_[A-Z_]+|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL|AWS)_CA_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO"
    r"|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy"
)
# The user's own settings of pip that would send what a job installs elsewhere.
HELD_BACK = {
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "UV_PYTHON",
    "UV_PROJECT",
}
LOOPBACK = "127.0.0.1,localhost"
PYTHON_FOLDER = "python"
DRAIN_SECONDS = 0.3


def act_environment(
    environ: Mapping[str, str], home: Path, programs: Path
) -> dict[str, str]:
    """What act, and through it every step, sees.

    `programs` is the folder that `make_programs` filled.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if PASSED_ON.fullmatch(name) and name not in HELD_BACK
    }
    no_proxy = ",".join(
        filter(None, [passed.get("NO_PROXY") or passed.get("no_proxy"), LOOPBACK])
    )
    cache = environ.get("XDG_CACHE_HOME") or str(
        Path(environ.get("HOME", "/"), ".cache")
    )
    pip_settings = _pip_settings(environ)
    return {
        # Where packages already downloaded are: a fresh HOME must not mean downloading them again.
        "PIP_CACHE_DIR": str(Path(cache, "pip")),
        "UV_CACHE_DIR": str(Path(cache, "uv")),
        **({"PIP_CONFIG_FILE": str(pip_settings)} if pip_settings else {}),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **passed,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "HOME": str(home),
        "PATH": os.pathsep.join(
            [str(programs), str(programs / PYTHON_FOLDER / "bin"), *SYSTEM_PATH]
        ),
        "UV_PYTHON": str(programs / PYTHON_FOLDER / "bin" / "python"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "runner",
        # act runs steps in a terminal; on GitHub there is none, so nothing is to paint one.
        "TERM": "dumb",
        # Containers are not for host mode: whatever engine this machine has stays out of reach.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


def make_programs(folder: Path, environ: Mapping[str, str], runner: Runner) -> None:
    """Link the programs that a step may expect, and make a Python of the run's own.

    It sees what the one behind wfgen has installed, and keeps for itself what a job
    without setup-python installs: on GitHub that would go into the image's Python, here
    it must not go into this machine's. Raises ToolFailedError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in LINKED_TOOLS:
        target = shutil.which(name, path=environ.get("PATH"))
        if target:
            (folder / name).symlink_to(target)
    own = folder / PYTHON_FOLDER
    made = runner.run(
        [
            base_python(),
            "-m",
            "venv",
            "--without-pip",
            "--system-site-packages",
            str(own),
        ]
    )
    if made.exit_code:
        raise ToolFailedError(
            f"no Python for the run could be made: {made.stderr.strip() or made.stdout.strip()}"
        )
    _make_shells(folder)
    for name in ("pip", "pip3"):
        script = folder / name
        script.write_text(
            f'#!/bin/sh\nexec "{own}/bin/python" -m pip "$@"\n', encoding="utf-8"
        )
        script.chmod(0o755)


def _make_shells(folder: Path) -> None:
    """Let a shell that failed wait a moment before it ends.

    act 0.2.89 stops reading when a step fails, and what the step wrote last, its
    reason, would be lost. Only shells that act itself started wait.
    """
    for name in ("bash", "sh"):
        link = folder / name
        if not link.is_symlink():
            continue
        real = str(link.readlink())
        link.unlink()
        link.write_text(
            f'#!/bin/sh\n{shlex.quote(real)} "$@"\ncode=$?\n'
            f'if [ $code -ne 0 ] && [ "$(cat /proc/$PPID/comm 2>/dev/null)" = act ]; then sleep {DRAIN_SECONDS}; fi\n'
            "exit $code\n",
            encoding="utf-8",
        )
        link.chmod(0o755)


def base_python() -> str:
    """The interpreter behind the virtual environment that wfgen runs in."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def installed_pythons(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Versions and paths of the Pythons on this machine; the one that runs wfgen comes first."""
    found = {
        base_python(): f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    }
    for folder in [*environ.get("PATH", "").split(os.pathsep), *SYSTEM_PATH]:
        for path in sorted(Path(folder).glob("python3.[0-9]*")) if folder else []:
            if (
                match := re.fullmatch(r"python(3\.\d+)", path.name)
            ) and "/shims/" not in str(path):
                found.setdefault(os.path.realpath(path), match[1])
    home = Path(environ.get("HOME", "/"))
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    tool_caches = [
        Path(environ.get("RUNNER_TOOL_CACHE") or "/opt/hostedtoolcache", "Python")
    ]
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    for path in [
        *pyenv.glob("3.*/bin/python3"),
        *uv.glob("cpython-3.*/bin/python3"),
        *(path for cache in tool_caches for path in cache.glob("3.*/*/bin/python3")),
    ]:
        if match := re.search(r"(?:cpython-|/)(3\.\d+\.\d+)(?:[-/])", str(path)):
            found.setdefault(os.path.realpath(path), match[1])
    return [(version, path) for path, version in found.items() if not _too_old(version)]


def _too_old(version: str) -> bool:
    return tuple(int(part) for part in version.split(".")[:2]) < (3, 8)


def _pip_settings(environ: Mapping[str, str]) -> Path | None:
    """The user's own settings file of pip, which a changed HOME would hide: where the index is."""
    if environ.get("PIP_CONFIG_FILE"):
        return None  # passed on with the other variables
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = (
        config / "pip" / "pip.conf",
        home / "Library/Application Support/pip/pip.conf",
        home / ".pip" / "pip.conf",
    )
    return next((path for path in files if path.is_file()), None)
