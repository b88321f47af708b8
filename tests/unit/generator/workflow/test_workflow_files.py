"""Which workflow files a repository has, and which one is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import OutputError, SettingsError
from generator.workflow.files import (
    find_repository_root,
    find_workflow,
    list_workflow_files,
    read_workflow_name,
    require_workflow_files,
)


def test_the_workflow_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    with pytest.raises(SettingsError, match="none"):
        find_workflow(tmp_path, None)
    (folder / "a.yml").touch()
    only = Path(".github/workflows/a.yml")
    assert find_workflow(tmp_path, None) == only
    (folder / "b.yaml").touch()
    with pytest.raises(SettingsError, match="which workflow"):
        find_workflow(tmp_path, None)
    assert [
        find_workflow(tmp_path, Path(name))
        for name in ("a", "a.yml", str(only), str(tmp_path / only))
    ] == [only] * 4
    assert find_workflow(tmp_path, Path("b")).name == "b.yaml"
    with pytest.raises(SettingsError, match="there is no workflow"):
        find_workflow(tmp_path, Path("c"))
    (tmp_path / "elsewhere.yml").touch()
    with pytest.raises(SettingsError, match="outside"):
        find_workflow(tmp_path / ".github", tmp_path / "elsewhere.yml")


def test_a_repository_begins_where_git_says(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    # A worktree has a file of that name.
    (tmp_path / "repository" / ".git").touch()
    assert find_repository_root(inner) == tmp_path / "repository"
    assert find_repository_root(tmp_path / "repository") == tmp_path / "repository"
    assert find_repository_root(tmp_path) == tmp_path


def test_workflow_files_are_those_of_github(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    with pytest.raises(OutputError, match="no workflow files"):
        require_workflow_files(tmp_path)
    for name in ("b.yml", "a.yaml", "c.yml.off", "README.md"):
        (folder / name).touch()
    assert list_workflow_files(tmp_path) == [folder / "a.yaml", folder / "b.yml"]
    shown = [path.as_posix() for path in require_workflow_files(tmp_path)]
    assert shown == [".github/workflows/a.yaml", ".github/workflows/b.yml"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name: Train\non: push\n", "Train"),
        ("on: push\n'name': \"a: b\"\n", "a: b"),
        ("jobs:\n  a:\n    name: inner\n", ""),
        ("name:\n", ""),
        ("name: [\n", ""),
    ],
)
def test_a_name_is_read_without_the_rest(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "w.yml").write_text(text, encoding="utf-8")
    assert read_workflow_name(tmp_path / "w.yml") == name
