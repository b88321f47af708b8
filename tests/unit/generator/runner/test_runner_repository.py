"""What git says of a repository, and what is said where there is no git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.process import SystemRunner
from generator.runner.repository import find_root, read_repository

if TYPE_CHECKING:
    import pytest


def git(folder: Path, *arguments: str) -> None:
    identity = (
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@localhost",
        "-c",
        "commit.gpgsign=false",
    )
    done = SystemRunner().run(["git", *identity, *arguments], cwd=folder)
    assert done.exit_code == 0, done.stderr


def test_a_repository_as_git_knows_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "master")
    (tmp_path / "sub").mkdir()
    assert read_repository(tmp_path, SystemRunner()).made_up
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "One")
    git(tmp_path, "checkout", "-q", "-b", "topic")
    git(tmp_path, "remote", "add", "origin", "git@github.com:me/my.repo.git")
    about = read_repository(tmp_path, SystemRunner())
    assert (about.name, about.branch, about.default_branch, about.message) == (
        "me/my.repo",
        "topic",
        "master",
        "One",
    )
    assert not about.made_up
    assert find_root(tmp_path / "sub", SystemRunner()).resolve() == tmp_path.resolve()


def test_a_folder_without_git_has_a_name_and_a_made_up_sha(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "my work!"
    folder.mkdir()
    about = read_repository(folder, SystemRunner())
    assert about.name == "local/my-work"
    assert about.made_up
    assert len(about.sha) == 40
    assert find_root(folder, SystemRunner()) == folder
