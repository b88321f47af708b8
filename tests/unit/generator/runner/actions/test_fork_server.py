"""The fork server: a fork is as its client is, and ends with it."""

from __future__ import annotations

import sys
from pathlib import Path

from generator.process import Completed, SystemRunner
from generator.runner.actions import fork_client
from generator.runner.actions.fork_server import run_fork_server

SCRIPT = """
import os, sys
print(os.environ["WORD"], os.getcwd(), sys.stdin.read(), "HOME" in os.environ)
sys.exit(7)
"""


def run_client(address: Path, folder: Path, script: str) -> Completed:
    file = folder / "script.py"
    file.write_text(script)
    client = str(fork_client.__file__)
    argv = [sys.executable, "-I", "-S", client, str(address), str(file)]
    environment = {"WORD": "a=b\nc"}
    return SystemRunner().run(argv, cwd=folder, env=environment, input_text="in")


def test_a_fork_has_the_folder_variables_and_streams_of_its_client(
    tmp_path: Path,
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    with run_fork_server(deep) as address:
        assert not address.is_relative_to(tmp_path)
        done = run_client(address, tmp_path, SCRIPT)
        assert done.stdout == f"a=b\nc {tmp_path} in False\n"
        assert done.exit_code == 7
        failed = run_client(address, tmp_path, "raise ValueError('no')")
        assert failed.exit_code == 1
        assert "ValueError: no" in failed.stderr
        # What one has set is not there for the next.
        assert run_client(address, tmp_path, SCRIPT).exit_code == 7
    assert not address.exists()


def test_without_a_server_python_runs_the_script_itself(tmp_path: Path) -> None:
    done = run_client(tmp_path / "nobody", tmp_path, SCRIPT)
    assert done.exit_code == 7
