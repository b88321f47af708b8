"""`wfgen check` on files that are made to keep it busy: findings, soon, in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator.checks.registry import run_rules
from generator.process import find_tool
from generator.workflow.source import read_yaml
from tests.unit.generator.checks.hostile_files import HOSTILE

ROOT = Path(__file__).parents[4]
FILE = Path("w.yml")
MAX_BYTES = 300_000_000
# Each of three tools may have 0.5 s, which a machine of two processors runs side by side.
MAX_CPU_SECONDS = 4.0
CUT_OFF_EXIT_CODE = 3
MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss], file)
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_our_own_rules_take_two_seconds_at_most(name: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(HOSTILE[name], encoding="utf-8")
    run_rules(read_yaml(Path(__file__)))  # the schema is read once
    began = time.process_time()
    findings = run_rules(read_yaml(tmp_path / FILE))
    assert time.process_time() - began < 2
    assert sum(len(finding.message) for finding in findings) < 3_000_000


def run_check(folder: Path, name: str) -> tuple[int, float, int, str]:
    """Exit code, processor time of it and its tools, most memory of one, output."""
    (folder / FILE).write_text(HOSTILE[name], encoding="utf-8")
    out, measured = folder / "out", folder / "measured"
    code = "from generator.cli import main; main()"
    # Measured from a process of its own: what a process forks off counts the memory of
    # its parent as its own peak, and a worker of pytest is large by now.
    argv = [sys.executable, "-c", MEASURE, str(measured)]
    argv += [sys.executable, "-c", code, "check", "--tools", "all"]
    argv += ["--fail-on", "information", str(FILE)]
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with out.open("wb") as file:
        subprocess.run(
            argv,
            check=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": python_path},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    exit_code, cpu_seconds, kilobytes = json.loads(measured.read_text())
    return exit_code, cpu_seconds, kilobytes * 1024, out.read_text(encoding="utf-8")


def check_bounds(folder: Path, name: str) -> str:
    exit_code, cpu_seconds, memory_bytes, output = run_check(folder, name)
    assert exit_code in {1, 3}, output[-2000:]
    assert cpu_seconds < MAX_CPU_SECONDS
    assert memory_bytes < MAX_BYTES
    assert "Traceback" not in output
    assert ("/cut-off]" in output) <= (exit_code == CUT_OFF_EXIT_CODE)
    return output


def test_a_tool_that_would_go_on_for_ever_is_cut_off(tmp_path: Path) -> None:
    if find_tool("act") is None:
        pytest.skip("act is not installed")
    output = check_bounds(tmp_path, "expressions that never end")
    assert (
        "w.yml:1:1: fragile [act/cut-off] act was stopped after 0.5 s of processor time"
        in output
    )


@pytest.mark.bench
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_checked_within_bounds(name: str, tmp_path: Path) -> None:
    began = time.monotonic()
    output = check_bounds(tmp_path, name)
    last = output.splitlines()[-1]
    print(f"\n{name}: {time.monotonic() - began:.2f} s, {last}")  # noqa: T201 - a bench
