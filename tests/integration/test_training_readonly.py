"""X5: folders that really cannot be written or read.

A read-only mount, and permissions that bind this process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ["runtime", "runtime/model", "runtime/data", "runtime/logs"]
UPDATE = ("update", "--models", "sgd", "--iterations", "1")
MOUNTED = """
    for folder in "$1" "$1/$2"; do mount --bind "$folder" "$folder" || exit 99; done
    mount -o remount,bind,ro "$1/$2" || exit 99
    shift 2; exec "$@"
"""


def pipeline(
    root: Path, *words: str, prefix: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    argv = [
        *prefix,
        sys.executable,
        "-m",
        "wfgen_actions.pipeline",
        *words,
        "--root",
        str(root),
    ]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, so that the state keeps one before it."""
    root = tmp_path_factory.mktemp("learnt")
    for _ in range(2):
        assert pipeline(root, *UPDATE).returncode == 0
    return root


@pytest.fixture
def root(learnt: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(learnt, tmp_path / "root"))


def mounted(root: Path, folder: str) -> list[str]:
    """What to start a program with, so that it sees the folder on a read-only mount.

    Which ends with it.
    """
    prefix = ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", str(root), folder]
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"no mounts of its own are allowed here: {tried.stderr.decode()}")
    return prefix


def bound() -> list[str]:
    """What to start a program with, so that permissions bind it.

    Nothing for a user, but root overrides them.
    """
    if os.geteuid():
        return []
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root cannot give up its rights here")
    return prefix


def snapshot(root: Path) -> dict[str, bytes]:
    folders = (root / "runtime/model", root / "runtime/data")
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.iterdir())
    }


def assert_refused(
    done: subprocess.CompletedProcess[str], folder: str, reason: str
) -> None:
    assert done.returncode == 14, done.stdout + done.stderr
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert folder in error
    assert error.endswith(f"cannot be written: {reason}")
    assert "make room or give write access, then run again" in hint
    assert "batch 3" not in done.stdout, "it learnt what it could not keep"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_read_only_mount_is_said_in_one_line_and_the_state_stays(
    root: Path, folder: str
) -> None:
    before = snapshot(root)
    prefix = mounted(root, folder)
    assert_refused(
        pipeline(root, *UPDATE, prefix=prefix), folder, "Read-only file system"
    )
    for command in (
        ["status"],
        ["verify"],
        ["predict", "sample", "--output", str(root / "scored.csv")],
    ):
        done = pipeline(root, *command, prefix=prefix)
        assert done.returncode == 0, done.stderr
    assert snapshot(root) == before
    again = pipeline(root, *UPDATE)
    assert again.returncode == 0
    assert "batch 3: 1000 rows" in again.stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_without_the_right_to_write_is_said_in_one_line_and_the_state_stays(
    root: Path, folder: str
) -> None:
    before = snapshot(root)
    prefix = bound()
    folders = [
        root / folder,
        *(path for path in (root / folder).rglob("*") if path.is_dir()),
    ]
    for path in folders:
        path.chmod(0o555)
    assert_refused(pipeline(root, *UPDATE, prefix=prefix), folder, "Permission denied")
    assert pipeline(root, "status", prefix=prefix).returncode == 0
    for path in folders:
        path.chmod(0o755)
    assert snapshot(root) == before
    assert pipeline(root, *UPDATE).returncode == 0


def test_a_first_run_where_nothing_can_be_made_is_said_in_one_line(
    tmp_path: Path,
) -> None:
    prefix = bound()
    tmp_path.chmod(0o555)
    assert_refused(
        pipeline(tmp_path, *UPDATE, prefix=prefix), "runtime", "Permission denied"
    )


@pytest.mark.parametrize(
    "path", ["runtime/data/data_state.json", "runtime/data", "runtime/model", "runtime"]
)
def test_what_may_not_be_read_is_said_in_one_line_and_never_taken_for_no_state(
    root: Path, path: str
) -> None:
    prefix = bound()
    before = snapshot(root)
    (root / path).chmod(0o000)
    done = pipeline(root, *UPDATE, prefix=prefix)
    (root / path).chmod(0o755)
    assert done.returncode in {10, 14}, done.stdout + done.stderr
    assert "Permission denied" in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) == 2
    assert snapshot(root) == before


@pytest.mark.parametrize("command", [["rollback", "--yes"], ["reset", "--yes"]])
@pytest.mark.parametrize("folder", ["runtime/model", "runtime/data"])
def test_commands_that_change_the_state_say_it_too(
    root: Path, folder: str, command: list[str]
) -> None:
    done = pipeline(root, *command, prefix=mounted(root, folder))
    assert done.returncode == 14, done.stdout + done.stderr
    assert "Read-only file system" in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) == 2
