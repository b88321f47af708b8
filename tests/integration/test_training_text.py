"""Tables, files and classes with hostile names: the training shows them as text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PIPELINE = [sys.executable, "-m", "wfgen_actions.pipeline"]
EVIL = "e\x1b]0;OWNED\x07\x9b2J\u202e##[error]x"
COMMAND = "::error::from-the-data"


def write_table(folder: Path) -> Path:
    lines = [f'"{EVIL}","a\n{COMMAND}","{COMMAND}","y"']
    for number in range(60):
        label = f"{COMMAND}" if number % 2 else f"{EVIL}"
        lines.append(f'"{EVIL}{number % 3}",{number},{number % 7},"{label}"')
    table = folder / f"t\x1b[31m\n{COMMAND}.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    summary = folder / "job-summary.md"
    env = {
        **os.environ,
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    return subprocess.run(
        [*PIPELINE, *words], cwd=folder, env=env, capture_output=True, check=False
    )


def find_harm(text: str, *, in_log: bool) -> list[str]:
    found = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    if in_log:
        for line in text.splitlines():
            # But for what the training itself says to GitHub's runner.
            rest = re.sub(
                r"^::(group|endgroup|error title=pipeline|warning)::", "", line
            )
            if rest.lstrip().startswith("::") or "##[" in rest:
                found.append(line)
    return found


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    table = write_table(tmp_path)
    update = ["update", "--source", table.name, "--target", "y", "--batch-rows", "20"]
    calls = [
        [*update, "--models", "sgd", "--iterations", "1"],
        [*update, "--models", "sgd", "--iterations", "2"],
        ["status"],
        ["status", "--json"],
        ["history"],
        ["verify"],
        ["predict", table.name, "--output", "out.csv"],
        ["update", "--source", f"none\x1b[2J\n{COMMAND}", "--target", EVIL],
        ["update", "--source", table.name, "--target", f"{EVIL}\n{COMMAND}"],
    ]
    said = ""
    for words in calls:
        done = call(tmp_path, *words)
        output = (done.stdout + done.stderr).decode()
        assert "Traceback" not in output, output
        said += output
        assert find_harm(output, in_log=True) == [], words
    assert "trained" in said
    assert "OWNED" in said
    for path in (tmp_path / "runtime/logs").iterdir():
        text = path.read_text(encoding="utf-8")
        assert find_harm(text, in_log=False) == [], path
        if path.suffix == ".html":
            assert "<script" not in text.lower()
    summary = (tmp_path / "job-summary.md").read_text(encoding="utf-8")
    assert find_harm(summary, in_log=False) == []
