"""Rendered files against the tree: nothing of anybody's is lost, nothing is half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from generator.config.settings import load
from generator.errors import OutputError
from generator.rendering.header import Rendered
from generator.rendering.render import render_all
from generator.rendering.writer import (
    State,
    compare,
    find_orphans,
    remove,
    replace_file,
    write,
)

WORKFLOW = ".github/workflows/train.yml"


def files(root: Path, **flags: str) -> tuple[Rendered, ...]:
    settings = load(root, {}, {key: ("--" + key, text) for key, text in flags.items()})
    return render_all(settings, root)


def states(root: Path, **flags: str) -> dict[str, State]:
    return {drift.path: drift.state for drift in compare(root, files(root, **flags))}


def put(root: Path, **flags: str) -> None:
    write(root, compare(root, files(root, **flags)))


def test_what_is_missing_is_written_and_then_unchanged(tmp_path: Path) -> None:
    assert set(states(tmp_path).values()) == {State.MISSING}
    put(tmp_path)
    assert set(states(tmp_path).values()) == {State.SAME}
    assert write(tmp_path, compare(tmp_path, files(tmp_path))) == ()


def test_what_is_out_of_date_is_written(tmp_path: Path) -> None:
    put(tmp_path)
    assert states(tmp_path, retention="9")[WORKFLOW] is State.STALE
    put(tmp_path, retention="9")
    assert "retention-days: 9" in (tmp_path / WORKFLOW).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"on: push\n", State.FOREIGN),
        (b"", State.FOREIGN),
        (b"\xff\xfe", State.FOREIGN),
        (None, State.EDITED),
    ],
)
def test_somebodys_work_is_not_overwritten_but_by_force(
    content: bytes | None, state: State, tmp_path: Path
) -> None:
    put(tmp_path)
    path = tmp_path / WORKFLOW
    mine = path.read_bytes() + b"# mine\n" if content is None else content
    path.write_bytes(mine)
    script = tmp_path / ".github/scripts/find_state.py"
    script.unlink()
    assert states(tmp_path)[WORKFLOW] is state
    with pytest.raises(OutputError, match=f"{WORKFLOW} is {state}"):
        put(tmp_path)
    assert path.read_bytes() == mine
    assert not script.exists(), "nothing at all is written then"
    write(tmp_path, compare(tmp_path, files(tmp_path)), force=True)
    assert set(states(tmp_path).values()) == {State.SAME}


def test_line_ends_of_another_system_are_no_edit(tmp_path: Path) -> None:
    put(tmp_path)
    path = tmp_path / WORKFLOW
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert states(tmp_path)[WORKFLOW] is State.SAME


def test_orphans_are_found_and_removed_but_for_those_to_keep(tmp_path: Path) -> None:
    put(tmp_path, workflow="old.yml")
    (tmp_path / ".github/workflows/mine.yml").write_text("on: push\n", encoding="utf-8")
    kept = tmp_path / ".github/workflows/kept.yml"
    kept.write_text(files(tmp_path)[0].text + "# wfgen: keep\n", encoding="utf-8")
    found = find_orphans(tmp_path, files(tmp_path))
    assert [drift.path for drift in found] == [".github/workflows/old.yml"]
    remove(tmp_path, found)
    assert sorted(path.name for path in (tmp_path / ".github/workflows").iterdir()) == [
        "kept.yml",
        "mine.yml",
    ]


def test_an_edited_orphan_is_not_removed(tmp_path: Path) -> None:
    put(tmp_path, workflow="old.yml")
    old = tmp_path / ".github/workflows/old.yml"
    old.write_text(old.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(OutputError, match="edited by hand"):
        remove(tmp_path, find_orphans(tmp_path, files(tmp_path)))
    assert old.exists()


def test_a_diff_says_what_would_change(tmp_path: Path) -> None:
    put(tmp_path)
    (drift, _) = compare(tmp_path, files(tmp_path, timeout="9"))
    diff = drift.diff()
    assert "-    timeout-minutes: 60\n+    timeout-minutes: 9\n" in diff
    assert diff.startswith(f"--- {WORKFLOW} (there)\n+++ {WORKFLOW} (rendered)\n")


def test_a_folder_in_the_place_of_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / WORKFLOW).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be read: Is a directory"):
        compare(tmp_path, files(tmp_path))


def test_a_file_in_the_place_of_the_folder_leaves_nothing_half_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        replace_file(tmp_path / "file" / "below.yml", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failure_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.yml"
    replace_file(path, "old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        replace_file(path, "new\n")
    assert [file.name for file in tmp_path.iterdir()] == ["w.yml"]
    assert path.read_text(encoding="utf-8") == "old\n"


def test_written_files_are_read_by_all(tmp_path: Path) -> None:
    path = tmp_path / "w.yml"
    replace_file(path, "x\n")
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
