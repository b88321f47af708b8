"""Workflows with one planted fault each, and their mended twins, played by `wfgen simulate`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from generator.cli import main
from generator.process import SystemRunner

pytestmark = [pytest.mark.bench, pytest.mark.act]
GIT = """      - run: |
          git config user.name bot
          git config user.email bot@example.invalid
          git add db.json
          git diff --cached --quiet && exit 0
          git commit -m "New readings"
"""
UPLOAD = """      - uses: actions/upload-artifact@v7
        with: {name: model-state, path: m.pkl, if-no-files-found: error}
"""
CACHE = """      - uses: actions/cache@v5
        with: {path: db.sqlite, key: KEY, restore-keys: db-}
"""
OF_RUN = '"db-${{ github.run_id }}-${{ github.run_attempt }}"'
TRAIN = "      - run: python fit.py db.json\n"
CACHED = "      - run: python fit.py db.sqlite\n"
HOURS = ("--days", "3")
# Name -> what is planted, steps that have it, steps that do not, words of the command.
FAULTS = {
    "fixed key": (
        "not-saved",
        CACHE.replace("KEY", "db") + CACHED,
        CACHE.replace("KEY", OF_RUN) + CACHED,
        HOURS,
    ),
    "key of the run alone": (
        "not-saved",
        CACHE.replace("KEY", '"db-${{ github.run_id }}"') + CACHED,
        CACHE.replace("KEY", OF_RUN) + CACHED,
        ("--days", "3", "--rerun", "1/day"),
    ),
    "swallowed push": (
        "not-saved",
        TRAIN + GIT + "          git push || true\n",
        TRAIN + GIT + "          git push\n",
        (*HOURS, "--fault", "upload-fails"),
    ),
    "no rebase": (
        "discarded",
        TRAIN + GIT + "          git push\n",
        TRAIN + GIT + "          git pull --rebase && git push\n",
        (*HOURS, "--fault", "racing-push"),
    ),
    "saved after a failure": (
        "saved-after-failure",
        TRAIN + "        continue-on-error: true\n" + GIT + "          git push\n",
        TRAIN + GIT + "          git push\n",
        (*HOURS, "--fault", "training-fails"),
    ),
    "never restored": (
        "never-restored",
        "      - run: python fit.py m.pkl\n" + UPLOAD,
        TRAIN + GIT + "          git push\n",
        HOURS,
    ),
}


def play(root: Path, steps: str, words: tuple[str, ...]) -> None:
    path = root / ".github/workflows/w.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "on:\n  schedule: [cron: 17 3 * * *]\n  workflow_dispatch:\n"
        "permissions: {contents: write}\nconcurrency: {group: w}\n"
        "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - uses: actions/checkout@v7\n{steps}"
    )
    SystemRunner().run(["git", "init", "-q", "-b", "main"], cwd=root)
    argv = ["simulate", "--model", "--no-shrink", "--punctual", "-C", str(root)]
    with pytest.raises(SystemExit):
        main([*argv, "--json", *words])


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_and_its_twin_is_not(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, planted, mended, words = FAULTS[name]
    began = time.monotonic()
    found = []
    for number, steps in enumerate((planted, mended)):
        root = tmp_path / str(number)
        root.mkdir()
        play(root, steps, words)
        document = json.loads(capsys.readouterr().out)
        kinds = {violation["kind"] for violation in document["violations"]}
        found.append(kinds)
    print(f"{name}: {found}, {time.monotonic() - began:.1f} s")
    assert kind in found[0]
    assert kind not in found[1]
