"""`wfgen init` in somebody's repository, then `wfgen run` twice.

The second run goes on from the first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator.process import SystemRunner

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
# A training as the reference document has it: started as `python src/run.py -mode
# "update"`, once an iteration.
RUN_PY = """
import argparse, json
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("-mode", choices=["train", "update"])
assert parser.parse_args().mode == "update"
model, data, logs = Path("runtime/model"), Path("runtime/data"), Path("runtime/logs")
for folder in (model, data, logs):
    folder.mkdir(parents=True, exist_ok=True)
state = data / "data_state.json"
seen = json.loads(state.read_text())["updates"] if state.exists() else 0
assert (model / "best_model.pkl").exists() == state.exists()
(model / "best_model.pkl").write_text(f"model after {seen + 1} updates")
state.write_text(json.dumps({"updates": seen + 1}))
(logs / "run.log").write_text(f"update {seen + 1}\\n")
print(f"this is update {seen + 1}")
"""


def wfgen(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "wfgen_actions.generator", *words],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_a_fresh_repository_with_its_own_training_carries_state_from_run_to_run(
    bare: Project,
) -> None:
    bare.write("src/run.py", RUN_PY)
    git = SystemRunner()
    git.run(["git", "init", "-q", "-b", "master"], cwd=bare.root)
    output = wfgen(bare.root, "init", "--set", "iterations=2").stdout
    assert 'python src/run.py -mode "update", once an iteration' in output
    assert "(src/run.py: its name says so)" in output
    bare.commit()
    wfgen(bare.root, "check")
    run = ("run", "--json", "--actions", "stand-in")
    first, second = (json.loads(wfgen(bare.root, *run).stdout) for _ in range(2))
    assert origin(first) == []
    assert origin(second) == [first["run"]["id"]]
    log = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((bare.root / ".wfgen/logs").glob("*.jsonl"))
    )
    assert [number for number in range(1, 6) if f"this is update {number}" in log] == [
        1,
        2,
        3,
        4,
    ]
    assert git.run(["git", "status", "--porcelain"], cwd=bare.root).stdout == ""


def origin(result: dict[str, Any]) -> list[int]:
    assert result["conclusion"] == "success"
    assert result["run"]["head_branch"] == "master"
    return [int(run) for run in result["restored_from"]]
