"""`wfgen check` on files that are made to keep it busy: findings, soon, in little memory."""

from __future__ import annotations

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
# Each of three tools may have 0.6 s, which a machine of two processors runs side by side.
MAX_CPU_SECONDS = 4.0
CUT_OFF_EXIT_CODE = 3


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
    out = folder / "out"
    code = "from generator.cli import main; main()"
    argv = [sys.executable, "-c", code, "check", str(FILE)]
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with out.open("wb") as file:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": python_path},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (
        process.returncode,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        out.read_text(encoding="utf-8"),
    )


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
        "w.yml:1:1: warning [act/cut-off] act was stopped after 0.6 s of processor time"
        in output
    )


@pytest.mark.bench
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_checked_within_bounds(name: str, tmp_path: Path) -> None:
    began = time.monotonic()
    output = check_bounds(tmp_path, name)
    last = output.splitlines()[-1]
    print(f"\n{name}: {time.monotonic() - began:.2f} s, {last}")  # noqa: T201 - a bench
