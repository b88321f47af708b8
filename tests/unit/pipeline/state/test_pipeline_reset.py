"""`reset`, `sign` and tidying up under SIGKILL at every file operation; folders for files."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import atomic
from pipeline.errors import StateMismatchError
from pipeline.settings import Settings
from pipeline.state.store import Store
from pipeline.training.update import update

SETTINGS = Settings(models=("sgd",), batch_rows=200, iterations=1, report=False)
STEP = """
import os, signal, sys
from pathlib import Path
from pipeline.state.store import Store

root, left, action = sys.argv[1], int(sys.argv[2]), sys.argv[3]
EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}

def hook(event, arguments):
    global left
    if event in EVENTS and str(arguments[0]).startswith(root):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

store = Store(Path(root) / "runtime", b"a key" if action == "sign" else None)
state = store.load() if action == "recover" else None
sys.addaudithook(hook)
{
    "reset": store.reset,
    "sign": store.sign,
    "unsign": store.unsign,
    "recover": lambda: store.recover(state),
}[action]()
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state that keeps the one before it."""
    root = tmp_path_factory.mktemp("start")
    for _ in range(2):
        update(root, SETTINGS, {})
    return root


@pytest.mark.parametrize("killed_commit", [False, True])
def test_a_kill_before_any_one_step_of_reset_leaves_the_state_or_none(
    tmp_path: Path, start: Path, killed_commit: bool
) -> None:
    before = Store(start / "runtime").load()
    assert before is not None
    found = []
    for step in range(1, 40):
        root = tmp_path / str(step)
        shutil.copytree(start, root)
        model = root / "runtime/model"
        if killed_commit:
            # The document was replaced, the champion is still beside its place.
            (model / "best_model.pkl").rename(model / "best_model.pkl.next")
            (model / "best_model.pkl").write_bytes(b"the champion of before")
        argv = [sys.executable, "-c", STEP, str(root), str(step), "reset"]
        code = subprocess.run(
            argv, check=False, cwd=Path(__file__).parents[4]
        ).returncode
        state = Store(root / "runtime").load()
        found.append(None if state is None else state.state_id)
        if not code:
            break
        assert code == -9
    assert code == 0
    assert len(found) > 5
    assert found[0] == before.state_id
    changed = found.index(None)
    assert set(found[:changed]) == {before.state_id}
    assert set(found[changed:]) == {None}
    assert not list(model.iterdir())
    assert update(root, SETTINGS, {}) == 0


@pytest.mark.parametrize("action", ["sign", "unsign", "recover"])
def test_a_kill_before_any_one_step_of_what_keeps_the_state_leaves_it(
    tmp_path: Path, start: Path, action: str
) -> None:
    before = Store(start / "runtime").load()
    assert before is not None
    for step in range(1, 40):
        root = tmp_path / str(step)
        shutil.copytree(start, root)
        if action == "unsign":
            Store(root / "runtime", b"a key").sign()
        elif action == "recover":
            model = root / "runtime/model"
            (model / "best_model.pkl").rename(model / "best_model.pkl.next")
            (model / "population-0123456789abcdef.pkl").write_bytes(b"stray")
        argv = [sys.executable, "-c", STEP, str(root), str(step), action]
        code = subprocess.run(
            argv, check=False, cwd=Path(__file__).parents[4]
        ).returncode
        state = Store(root / "runtime").load()
        assert state is not None
        assert state.state_id == before.state_id
        if not code:
            break
        assert code == -9
    assert code == 0
    assert step > 2


PLACES = [
    "data/data_state.json",
    "data/data_state.json.part",
    "model/best_model.pkl",
    "model/best_model.pkl.next",
    "model/best_model.pkl.part",
    "model/population-0123456789abcdef.pkl",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_folder_in_place_of_a_file_stops_nothing_after_reset(
    tmp_path: Path, start: Path, place: str
) -> None:
    shutil.copytree(start, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "runtime" / place
    path.unlink(missing_ok=True)
    (path / "below").mkdir(parents=True)
    (path / "below/file").write_text("x")
    with contextlib.suppress(StateMismatchError):
        Store(tmp_path / "runtime").load()
    Store(tmp_path / "runtime").reset()
    assert not path.exists()
    assert update(tmp_path, SETTINGS, {}) == 0


@pytest.mark.parametrize("place", PLACES[1:2] + PLACES[3:])
def test_a_folder_where_a_commit_writes_is_swept_away(
    tmp_path: Path, start: Path, place: str
) -> None:
    shutil.copytree(start, tmp_path, dirs_exist_ok=True)
    (tmp_path / "runtime" / place / "below").mkdir(parents=True)
    assert update(tmp_path, SETTINGS, {}) == 0


def test_a_file_in_place_of_a_folder_of_the_state_is_removed(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime/model").write_text("x")
    Store(tmp_path / "runtime").reset()
    assert update(tmp_path, SETTINGS, {}) == 0


def test_each_new_folder_is_made_durable_in_the_one_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(atomic, "sync_folder", synced.append)
    atomic.write_atomically(tmp_path / "a/b/file", b"x")
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a/b"]
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["file"]
