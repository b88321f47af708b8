"""A full disk, a limit on file size and read-only mounts under the store: real ones.

What fails says 507 in the words of its protocol and takes its bytes with it; what is there
can be read, and with room again the next write succeeds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = [sys.executable, "-m", "tests.contract.full_disk_driver"]
# The folder that is mounted, the folder of the store, and what to run there.
SMALL_DISK = """
    mount -t tmpfs -o size=6m tmpfs "$1" || exit 99
    shift; "$@" prepare "$0/store" && "$@" full "$0/store" "$0/filler"
"""
READ_ONLY = """
    for folder in $1; do
        mount --bind "$0/$folder" "$0/$folder" || exit 99
        mount -o remount,bind,ro "$0/$folder" || exit 99
    done
    shift; exec "$@"
"""
ALL_REFUSED = {"block": 507, "chunked": 507, "asset": 507, "cache": 507}


def run(argv: list[str]) -> Any:  # noqa: ANN401 - JSON is anything
    """What a driver prints."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    if "unshare" in done.stderr or done.returncode == 99:
        pytest.skip("no mounts of its own are allowed here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def run_mounted(script: str, folder: Path, *words: str) -> Any:  # noqa: ANN401 - as above
    """The same, with mounts that end with the driver."""
    return run(["unshare", "--mount", "sh", "-c", script, str(folder), *words])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    subprocess.run([*DRIVER, "prepare", str(tmp_path / "store")], check=True, cwd=ROOT)
    return tmp_path / "store"


def test_a_full_disk_refuses_writes_and_keeps_nothing_of_them(tmp_path: Path) -> None:
    facts = run_mounted(SMALL_DISK, tmp_path, str(tmp_path), *DRIVER)
    assert facts["uploads"] == ALL_REFUSED
    assert facts["left"] == 0
    assert set(facts["writes"].values()) == {507}
    assert (facts["read"], facts["listed"], facts["afterwards"]) == (True, 200, True)


def test_a_limit_on_file_size_refuses_what_is_larger(store: Path) -> None:
    facts = run([*DRIVER, "limited", str(store)])
    assert facts["uploads"] == ALL_REFUSED
    assert facts["left"] == 0
    assert set(facts["writes"].values()) <= {200, 507}
    assert facts["writes"]["twirp"] == facts["writes"]["contents"] == 507
    assert (facts["read"], facts["listed"]) == (True, 200)


def test_folders_that_turn_read_only_refuse_uploads_and_commits(store: Path) -> None:
    facts = run_mounted(
        READ_ONLY, store, "staging git", *DRIVER, "readonly", str(store)
    )
    assert facts["uploads"] == ALL_REFUSED
    assert facts["writes"]["twirp"] == facts["writes"]["contents"] == 507
    assert facts["writes"]["issue"] == 201
    assert (facts["read"], facts["listed"]) == (True, 200)


def test_a_store_on_a_read_only_disk_is_not_opened_and_says_why(store: Path) -> None:
    facts = run_mounted(READ_ONLY, store, ".", *DRIVER, "open", str(store))
    assert "Read-only file system" in facts["refused"]
