"""What act, and through it every step, starts with."""

from __future__ import annotations

import os
from pathlib import Path

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
    make_programs(tmp_path / "bin", os.environ, SystemRunner())
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
