"""`restore` under SIGKILL before every file operation, in place of an older state."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from generator.config.settings import load
from generator.rendering.render import render_all
from pipeline.settings import Settings
from pipeline.state.store import Store
from pipeline.training.update import update

SETTINGS = Settings(models=("sgd",), batch_rows=200, iterations=1, report=False)
STEP = """
import os, runpy, signal, sys
from pathlib import Path

script, packed, kind, left = *sys.argv[1:4], int(sys.argv[4])
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}
keep_state = runpy.run_path(script)
state = keep_state["State"]({
    "STATE_FOLDERS": "runtime/model/\\nruntime/data/",
    "STATE_BRANCH": "main",
    "STATE_WORKFLOW": "train.yml",
    "GITHUB_RUN_ID": "1",
})
files = {path.name: path.read_bytes() for path in Path(packed).iterdir()}

def hook(event, arguments):
    global left
    if event in EVENTS and str(arguments[0]).startswith(os.getcwd()):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
if kind.startswith("archive"):
    state.unpack(files["archive"])
else:
    state.unpack_artifacts({name: files[name] for name in ("model", "data")})
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered script."""
    settings = load(Path("nowhere"), {}, {"store": ("store", "release")})
    files = render_all(settings, Path("nowhere"))
    (text,) = (file.text for file in files if file.template == "keep_state.py.j2")
    path = tmp_path_factory.mktemp("script") / "keep_state.py"
    path.write_text(text, encoding="utf-8")
    return path


def pack_artifact(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return packed.getvalue()


def load_id(root: Path) -> str | None:
    state = Store(root / "runtime").load()
    return None if state is None else state.state_id


@pytest.mark.parametrize("kind", ["archive", "artifacts", "archive over nothing"])
def test_a_kill_before_any_one_step_of_restore_leaves_one_of_both_states(
    tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    old, new, packed = tmp_path / "old", tmp_path / "new", tmp_path / "packed"
    update(old, SETTINGS, {})
    shutil.copytree(old, new)
    update(new, SETTINGS, {})
    if kind.endswith("nothing"):
        shutil.rmtree(old / "runtime")
    packed.mkdir()
    monkeypatch.chdir(new)
    namespace: dict[str, object] = {"__name__": "keep_state"}
    exec(compile(script.read_text(), "keep_state.py", "exec"), namespace)  # noqa: S102 - ours
    state_class = namespace["State"]
    assert callable(state_class)
    env = {
        "STATE_FOLDERS": "runtime/model/\nruntime/data/",
        "STATE_BRANCH": "main",
        "STATE_WORKFLOW": "train.yml",
        "GITHUB_RUN_ID": "1",
    }
    (packed / "archive").write_bytes(state_class(env).pack())
    for part in ("model", "data"):
        (packed / part).write_bytes(pack_artifact(new / "runtime" / part))
    found = []
    for step in range(1, 60):
        root = tmp_path / str(step)
        shutil.copytree(old, root)
        argv = [sys.executable, "-I", "-c", STEP, str(script), str(packed), kind]
        code = subprocess.run([*argv, str(step)], check=False, cwd=root).returncode
        found.append(load_id(root))
        if not code:
            break
        assert code == -9
    assert code == 0
    assert len(found) > 8
    assert found[0] == load_id(old)
    assert found[-1] == load_id(new)
    assert list(dict.fromkeys(found)) == [load_id(old), load_id(new)]
    assert not list(root.rglob(".wfgen-restore"))
    # Another one brings the state.
    killed = tmp_path / str(len(found) // 2)
    subprocess.run([*argv, "1000"], check=True, cwd=killed)
    assert load_id(killed) == load_id(new)
    assert update(killed, SETTINGS, {}) == 0
