"""X5: SIGKILL at any instant, a full disk and a limit on file size.

The state is that of before or of after.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.state.store import Store

DRIVER = Path(__file__).parent / "training_kill_driver.py"


def update(
    root: Path, *flags: str, before: str = ""
) -> subprocess.CompletedProcess[str]:
    argv = [
        sys.executable,
        "-m",
        "wfgen_actions.pipeline",
        "update",
        "--root",
        str(root),
        "--models",
        "sgd",
        *flags,
    ]
    shell = ["sh", "-c", f'{before} exec "$@"', "sh", *argv]
    return subprocess.run(
        shell,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def test_sigkill_from_exec_to_exit_loses_and_repeats_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path), "12", "7"],
        capture_output=True,
        text=True,
        check=False,
        # It is run as a script, which finds the packages beside tests/ by this alone.
        env=os.environ | {"PYTHONPATH": str(DRIVER.parents[2])},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["kills"] == 12
    assert facts["identical"]
    assert sum(facts["phases"].values()) == 12
    assert sum(kills > 0 for kills in facts["phases"].values()) >= 4


STEP = """
import os, signal, sys
from pathlib import Path
from pipeline.state.store import Store

root, action, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store(Path(root) / "runtime")
state = store.load()

def hook(event, arguments):
    global left
    if event in {"open", "os.rename", "os.remove"} and str(arguments[0]).startswith(root):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
if action == "rollback":
    store.rollback()
else:
    store.recover(state)
    store = Store(store.runtime, previous=state)
    store.commit(state.document, b"population", b"champion", state.state_id)
"""


@pytest.mark.parametrize("action", ["commit", "rollback"])
def test_a_kill_before_any_one_step_of_a_commit_or_a_rollback_leaves_one_of_both_states(
    tmp_path: Path, action: str
) -> None:
    """Before each file that is opened, renamed or removed.

    Exhaustive, where kills at random times are not.
    """
    for _ in range(2):
        assert update(tmp_path / "start", "--iterations", "1").returncode == 0
    start = Store(tmp_path / "start/runtime").load()
    assert start is not None
    kept = Store(tmp_path / "start/runtime").load_previous(start.document)
    assert kept is not None
    found = []
    for step in range(1, 60):
        root = tmp_path / str(step)
        shutil.copytree(tmp_path / "start", root)
        argv = [sys.executable, "-c", STEP, str(root), action, str(step)]
        code = subprocess.run(
            argv, check=False, cwd=Path(__file__).parents[2]
        ).returncode
        store = Store(root / "runtime")
        state = store.load()
        assert state is not None
        found.append(state.state_id)
        store.load_previous(state.document)
        store.recover(state)
        document = state.document
        files = {"best_model.pkl", document.population}
        if document.previous:
            champion = document.previous.files["best_model.pkl"].sha256[:16]
            files |= {document.previous.population, f"previous-{champion}.pkl"}
        assert {path.name for path in (root / "runtime/model").iterdir()} == files
        shutil.rmtree(root)
        if not code:
            break
        assert code == -9
    assert code == 0
    assert len(found) > 15
    assert found[0] == start.state_id
    assert (
        found[-1] == kept.state_id
        if action == "rollback"
        else found[-1] != start.state_id
    )
    changed = found.index(found[-1])
    assert set(found[:changed]) == {start.state_id}
    assert set(found[changed:]) == {found[-1]}


def test_a_limit_on_file_size_is_said_and_the_state_stays(tmp_path: Path) -> None:
    assert update(tmp_path, "--iterations", "1").returncode == 0
    before = (tmp_path / "runtime/data/data_state.json").read_bytes()
    limited = update(tmp_path, "--iterations", "1", before="ulimit -f 64;")
    assert limited.returncode == 14, limited.stderr
    assert "cannot be written" in limited.stderr
    assert "Traceback" not in limited.stderr
    assert (tmp_path / "runtime/data/data_state.json").read_bytes() == before
    assert update(tmp_path, "--iterations", "1").returncode == 0


def test_a_full_disk_is_said_and_the_state_stays(tmp_path: Path) -> None:
    script = """
        mount -t tmpfs -o size=8m tmpfs "$1" || exit 99
        cd "$2" && "$3" -m pipeline update --root "$1" --models sgd --iterations 1 || exit 98
        cat /dev/zero > "$1/filler" 2>/dev/null
        before=$(sha256sum "$1/runtime/data/data_state.json")
        "$3" -m pipeline update --root "$1" --models sgd --iterations 1; code=$?
        test "$before" = "$(sha256sum "$1/runtime/data/data_state.json")" || exit 97
        rm "$1/filler"; "$3" -m pipeline update --root "$1" --models sgd --iterations 1 || exit 96
        exit $code
    """
    argv = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        str(tmp_path),
        str(Path(__file__).parents[2]),
        sys.executable,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or done.returncode == 99:
        pytest.skip("no mounts of its own are allowed here")
    assert done.returncode == 14, done.stdout + done.stderr
    assert "No space left" in done.stderr


def test_sigterm_keeps_what_was_learnt(tmp_path: Path) -> None:
    argv = [
        sys.executable,
        "-m",
        "wfgen_actions.pipeline",
        "update",
        "--root",
        str(tmp_path),
        "--iterations",
        "1000",
    ]
    argv += ["--models", "sgd", "--batch-rows", "5", "--checkpoint-seconds", "1000"]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("batch 20:"):
            break
    process.terminate()
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait() == 130
    assert "what was trained is kept" in rest
    summary = json.loads((tmp_path / "runtime/logs/summary.json").read_text())
    assert summary["batches_total"] >= 20
    document = json.loads((tmp_path / "runtime/data/data_state.json").read_text())
    assert document["counters"]["batches"] == summary["batches_total"]
