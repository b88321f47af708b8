"""What act, and through it every step, starts with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.process import SystemRunner
from generator.runner.act.host_environment import (
    list_pythons,
    make_act_environment,
    make_programs,
)


def test_the_environment_holds_what_installing_needs_and_no_more(
    tmp_path: Path,
) -> None:
    (tmp_path / "user/.config/pip").mkdir(parents=True)
    settings = tmp_path / "user/.config/pip/pip.conf"
    settings.touch()
    users = {
        "HOME": str(tmp_path / "user"),
        "KAGGLE_KEY": "k",
        "PYTHONPATH": "p",
        "AWS_SECRET_ACCESS_KEY": "s",
        "PIP_INDEX_URL": "https://index",
        "PIP_TARGET": "/elsewhere",
        "SSL_CERT_FILE": "/c",
        "https_proxy": "http://p",
        "NO_PROXY": "intra",
    }
    made = make_act_environment(users, tmp_path / "home", tmp_path / "bin")
    assert not {
        "KAGGLE_KEY",
        "PYTHONPATH",
        "AWS_SECRET_ACCESS_KEY",
        "PIP_TARGET",
    } & set(made)
    assert made["HOME"] == str(tmp_path / "home")
    assert made["PATH"].startswith(f"{tmp_path}/bin:{tmp_path}/bin/python/bin:/usr")
    assert made["PIP_CACHE_DIR"] == str(tmp_path / "user/.cache/pip")
    assert made["PIP_CONFIG_FILE"] == str(settings)
    assert made["NO_PROXY"] == "intra,127.0.0.1,localhost"
    assert {"PIP_INDEX_URL", "SSL_CERT_FILE", "https_proxy"} <= set(made)


def test_what_a_step_installs_stays_with_the_run(tmp_path: Path) -> None:
    make_programs(tmp_path / "bin", os.environ)
    environment = make_act_environment(os.environ, tmp_path / "home", tmp_path / "bin")
    code = (
        "import sys, sysconfig; print(sysconfig.get_path('purelib')); "
        "print(sys.prefix != sys.base_prefix)"
    )
    done = SystemRunner().run(
        [str(tmp_path / "bin/python/bin/python3"), "-c", code], env=environment
    )
    place, isolated = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path)
    assert isolated == "True"
    assert {"git", "bash", "pip", "pip3"} <= {
        path.name for path in (tmp_path / "bin").iterdir()
    }


def test_the_python_that_runs_wfgen_is_among_those_installed() -> None:
    version, path = list_pythons(os.environ)[0]
    done = SystemRunner().run(
        [path, "-c", "import platform; print(platform.python_version())"]
    )
    assert done.stdout.strip().startswith(version)


# Root may look into every folder: what another user meets is seen by being another.
NOBODY = 65534
LIST_AS_NOBODY = f"""
import json, os, sys
from pathlib import Path
from generator.runner.act.host_environment import list_pythons, make_act_environment
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
environ = json.loads(sys.argv[1])
made = make_act_environment(environ, Path("/run-home"), Path("/run-bin"))
print(json.dumps([list_pythons(environ), made]))
"""


def make_python(root: Path, version: str) -> Path:
    python = root / "versions" / version / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return python


def list_as_another_user(environ: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return versions of Pythons and the variables of steps, as a user sees them."""
    completed = subprocess.run(
        [sys.executable, "-c", LIST_AS_NOBODY, json.dumps(environ)],
        cwd=Path(__file__).parents[5],
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    pythons, made = json.loads(completed.stdout)
    return [version for version, _ in pythons], made


@pytest.mark.parametrize("closed", ["root", "versions", "one", "home"])
def test_folders_that_cannot_be_read_are_passed_over(
    tmp_path: Path, closed: str
) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    root = tmp_path / "home" / ".pyenv"
    make_python(root, "3.11.77")
    make_python(root, "3.12.88")
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    (tmp_path / "home/.config/pip/pip.conf").touch()
    places = {
        "root": root,
        "versions": root / "versions",
        "one": root / "versions/3.11.77",
        "home": tmp_path / "home",
    }
    places[closed].chmod(0)
    environ = {"HOME": str(tmp_path / "home"), "PATH": str(root / "bin")}
    try:
        versions, made = list_as_another_user(environ)
    finally:
        places[closed].chmod(0o755)
    assert "3.11.77" not in versions
    assert ("3.12.88" in versions) == (closed == "one")
    assert ("PIP_CONFIG_FILE" in made) == (closed != "home")


def test_a_python_that_this_user_may_not_start_is_none(tmp_path: Path) -> None:
    make_python(tmp_path, "3.12.88").chmod(0o644)
    versions = [item[0] for item in list_pythons({"PYENV_ROOT": str(tmp_path)})]
    assert "3.12.88" not in versions


def test_a_home_that_is_unset_or_read_only_keeps_the_caches_with_the_run(
    tmp_path: Path,
) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    for environ in ({}, {"HOME": "/nowhere"}, {"HOME": str(tmp_path)}):
        _, made = list_as_another_user(environ)
        assert not {"PIP_CACHE_DIR", "UV_CACHE_DIR"} & set(made)
        assert made["HOME"] == "/run-home"
    tmp_path.chmod(0o777)
    _, made = list_as_another_user({"HOME": str(tmp_path)})
    assert made["UV_CACHE_DIR"] == str(tmp_path / ".cache/uv")
