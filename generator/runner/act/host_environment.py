"""The environment a run starts with: nothing of the user's but what installing packages needs.

act hands its own whole environment on to every step, so it is given one made here.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from .last_lines import write_shell

SYSTEM_PATH = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
)
# Programs that GitHub's images have and that this machine may keep elsewhere.
# The scheme of addresses that no run may push to (gitremote-helpers(7)).
REFUSING = "refused"
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
# Certificates and proxies: without them nothing can be installed behind a company's
# gateway.
PASSED_ON = re.compile(
    r"(PIP|UV)_[A-Z_]+"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL|AWS)_CA_BUNDLE"
    r"|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO"
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
# The stand-in actions need 3.8.
OLDEST_PYTHON = (3, 8)
_INSTALLED_VERSION = re.compile(r"(?:cpython-|/)(3\.\d+\.\d+)(?:[-/])")


def make_act_environment(
    environ: Mapping[str, str], home: Path, programs: Path
) -> dict[str, str]:
    """Return the variables that act, and through it every step, sees.

    `programs` is the folder that `make_programs` filled.
    """
    python = programs / PYTHON_FOLDER / "bin"
    return {
        **_find_package_settings(environ),
        **_make_proxy_settings(environ),
        "HOME": str(home),
        "PATH": os.pathsep.join([str(programs), str(python), *SYSTEM_PATH]),
        "UV_PYTHON": str(python / "python"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "runner",
        # act runs steps in a terminal; on GitHub there is none, so nothing is to paint
        # one.
        "TERM": "dumb",
        # Containers are not for host mode: whatever engine this machine has stays out
        # of reach.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


def _find_package_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what pip and uv need: where packages come from, and where they are cached."""
    # Where packages already downloaded are: a fresh HOME must not mean downloading them
    # again.
    cache = environ.get("XDG_CACHE_HOME") or str(_get_home(environ) / ".cache")
    settings = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # uv ends with an error where it cannot write its cache; without these, both keep
    # theirs in the HOME of the run.
    if _can_write_below(Path(cache)):
        settings["PIP_CACHE_DIR"] = str(Path(cache, "pip"))
        settings["UV_CACHE_DIR"] = str(Path(cache, "uv"))
    pip_file = _find_pip_file(environ)
    if pip_file is not None:
        settings["PIP_CONFIG_FILE"] = str(pip_file)
    settings.update(_iter_passed_on(environ))
    return settings


def _can_write_below(folder: Path) -> bool:
    """Whether this user may write in a folder, or make it where it is not there yet."""
    for place in (folder, *folder.parents):
        if os.access(place, os.F_OK):
            return os.access(place, os.W_OK | os.X_OK)
    return False


def _iter_passed_on(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if PASSED_ON.fullmatch(name) and name not in HELD_BACK:
            yield name, value


def _make_proxy_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what keeps the local GitHub reachable where there is a proxy."""
    hosts = LOOPBACK
    users_hosts = environ.get("NO_PROXY") or environ.get("no_proxy")
    if users_hosts:
        hosts = f"{users_hosts},{LOOPBACK}"
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def make_programs(folder: Path, environ: Mapping[str, str]) -> None:
    """Link the programs that a step may expect, and make a Python of the run's own.

    It sees what the one behind wfgen has installed, and keeps for itself what a job
    without setup-python installs: on GitHub that would go into the image's Python, here
    it must not go into this machine's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in LINKED_TOOLS:
        program = shutil.which(name, path=environ.get("PATH"))
        if program:
            (folder / name).symlink_to(program)
    own_python = folder / PYTHON_FOLDER
    _make_own_python(own_python)
    _make_shells(folder)
    for name in ("pip", "pip3"):
        command = f'exec "{own_python}/bin/python" -m pip "$@"'
        _write_script(folder / name, f"#!/bin/sh\n{command}\n")


def refuse_pushes(folder: Path, repository: str) -> None:
    """Make the program that git starts for an address that the token may not push to.

    [gitremote-helpers(7)]; the words are those of github.com.
    """
    denied = f"remote: Permission to {repository}.git denied to github-actions[bot]."
    address = f"https://github.com/{repository}/"
    refused = (
        f"fatal: unable to access '{address}': The requested URL returned error: 403"
    )
    lines = "".join(f"echo {shlex.quote(line)} >&2\n" for line in (denied, refused))
    _write_script(folder / f"git-remote-{REFUSING}", f"#!/bin/sh\n{lines}exit 128\n")


def _make_own_python(folder: Path) -> None:
    """Make what `python -m venv --without-pip --system-site-packages` makes.

    Less the scripts to activate it, which nobody knows of; starting `venv` for it costs
    each run more than all else that is prepared (docs.python.org, "site": pyvenv.cfg).
    """
    base = Path(find_base_python())
    major, minor = sys.version_info[:2]
    version = f"python{major}.{minor}"
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "python3", version):
        (programs / name).symlink_to(base)
    (folder / "lib" / version / "site-packages").mkdir(parents=True)
    # Some systems' Pythons look for what is compiled there.
    (folder / "lib64").symlink_to("lib")
    settings = (
        f"home = {base.parent}",
        "include-system-site-packages = true",
        f"version = {major}.{minor}.{sys.version_info.micro}",
        f"executable = {base}",
    )
    (folder / "pyvenv.cfg").write_text("\n".join(settings) + "\n", encoding="utf-8")


def _make_shells(folder: Path) -> None:
    """Put shells that wait for their last lines to be read in place of the links."""
    for name in ("bash", "sh"):
        link = folder / name
        if link.is_symlink():
            shell = str(link.readlink())
            link.unlink()
            write_shell(link, shell)


def _write_script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def find_base_python() -> str:
    """Return the interpreter behind the virtualenv that wfgen runs in."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def list_pythons(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return versions and paths of the Pythons on this machine.

    The one that runs wfgen comes first.
    """
    own = sys.version_info
    versions = {find_base_python(): f"{own.major}.{own.minor}.{own.micro}"}
    for version, path in _iter_pythons(environ):
        versions.setdefault(os.path.realpath(path), version)
    pythons = []
    for real_path, version in versions.items():
        major, minor = version.split(".")[:2]
        if (int(major), int(minor)) >= OLDEST_PYTHON:
            pythons.append((version, real_path))
    return pythons


def _iter_pythons(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for folder in [*environ.get("PATH", "").split(os.pathsep), *SYSTEM_PATH]:
        if folder:
            yield from _find_on_path(Path(folder))
    for path in _find_managed(environ):
        match = _INSTALLED_VERSION.search(str(path))
        if match:
            yield match[1], path


def _find_on_path(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in _glob_readable(folder, "python3.[0-9]*"):
        match = re.fullmatch(r"python(3\.\d+)", path.name)
        # What pyenv has there only looks for a Python when it is called.
        if match and "/shims/" not in str(path):
            yield match[1], path


def _find_managed(environ: Mapping[str, str]) -> Iterator[Path]:
    """Find the Pythons of pyenv, of uv and of GitHub's tool cache."""
    home = _get_home(environ)
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    tool_cache = Path(environ.get("RUNNER_TOOL_CACHE") or "/opt/hostedtoolcache")
    yield from _glob_readable(pyenv, "versions/3.*/bin/python3")
    yield from _glob_readable(uv, "cpython-3.*/bin/python3")
    yield from _glob_readable(tool_cache, "Python/3.*/*/bin/python3")


def _glob_readable(folder: Path, pattern: str) -> Iterator[Path]:
    """Find programs, and pass over what this user may not look into or start."""
    # The method of Path raises PermissionError at a folder of another user.
    names = glob.glob(pattern, root_dir=folder)  # noqa: PTH207
    for name in sorted(names):
        if os.access(folder / name, os.X_OK):
            yield folder / name


def _find_pip_file(environ: Mapping[str, str]) -> Path | None:
    """Find the user's own settings file of pip, which a changed HOME would hide.

    It says where the index is.
    """
    if environ.get("PIP_CONFIG_FILE"):
        return None  # passed on with the other variables
    home = _get_home(environ)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    # https://pip.pypa.io/en/stable/topics/configuration/
    files = (
        config / "pip" / "pip.conf",
        home / "Library/Application Support/pip/pip.conf",
        home / ".pip" / "pip.conf",
    )
    for path in files:
        if os.access(path, os.R_OK):
            return path
    return None


def _get_home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME", "/"))
