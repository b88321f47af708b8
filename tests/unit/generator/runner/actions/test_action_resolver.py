"""Where each action of a workflow comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.errors import ToolFailedError
from generator.process import SystemRunner
from generator.runner.actions.resolver import ActionFinder
from generator.runner.models import ActionChoice

UPLOAD = "actions/upload-artifact@v7"
Finder = Callable[..., ActionFinder]


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/node").touch(mode=0o755)

    def make(choice: ActionChoice = ActionChoice.AUTO, **more: object) -> ActionFinder:
        values: dict[str, object] = {
            "actions_folder": None,
            "cache": tmp_path / "cache",
            "stand_in_folder": tmp_path / "stand-ins",
            "variables": {},
            "runner": SystemRunner(),
            "programs": str(tmp_path / "bin"),
            "server": "https://127.0.0.1:1",
            **more,
        }
        (tmp_path / "stand-ins").mkdir(exist_ok=True)
        return ActionFinder(choice, **values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def server(tmp_path: Path) -> str:
    """A place to fetch from: a repository with an action, tagged v7."""
    folder = tmp_path / "server/actions/upload-artifact"
    folder.mkdir(parents=True)
    (folder / "action.yml").write_text("name: theirs")
    identity = [
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@localhost",
        "-c",
        "commit.gpgsign=false",
    ]
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "x"],
        ["tag", "v7"],
    ):
        assert SystemRunner().run(["git", *arguments], cwd=folder).exit_code == 0
    return f"file://{tmp_path}/server"


def test_what_cannot_be_fetched_is_stood_in_for(finder: Finder) -> None:
    found = finder().find([UPLOAD, UPLOAD, "actions/cache/restore@v5"])
    assert set(found.folders) == {UPLOAD, "actions/cache@v5"}
    assert found.stand_ins == ("actions/upload-artifact", "actions/cache")
    assert (found.folders["actions/cache@v5"] / "restore" / "action.yml").is_file()


def test_what_can_be_fetched_is_fetched_once(
    finder: Finder, server: str, tmp_path: Path
) -> None:
    found = finder(server=server).find([UPLOAD])
    assert found.stand_ins == ()
    assert (found.folders[UPLOAD] / "action.yml").read_text() == "name: theirs"
    assert not (found.folders[UPLOAD] / ".git").exists()
    assert finder().find([UPLOAD]).folders[UPLOAD] == found.folders[UPLOAD]
    assert not list((tmp_path / "stand-ins").glob("fetched"))


def test_an_action_that_is_not_there_says_nothing_about_the_others(
    finder: Finder, server: str
) -> None:
    found = finder(server=server).find(["actions/download-artifact@v8", UPLOAD])
    assert found.stand_ins == ("actions/download-artifact",)


def test_stand_ins_can_be_asked_for(finder: Finder, server: str) -> None:
    assert finder(ActionChoice.STAND_IN, server=server).find([UPLOAD]).stand_ins == (
        "actions/upload-artifact",
    )


def test_without_node_upstream_is_of_no_use(
    finder: Finder, server: str, tmp_path: Path
) -> None:
    found = finder(server=server, programs=str(tmp_path / "empty")).find([UPLOAD])
    assert found.stand_ins == ("actions/upload-artifact",)


def test_interpreters_are_not_downloaded_unasked(finder: Finder, server: str) -> None:
    found = finder(server=server).find(["actions/setup-python@v7"])
    assert found.stand_ins == ("actions/setup-python",)


def test_a_folder_that_is_given_wins(finder: Finder, tmp_path: Path) -> None:
    (tmp_path / "given/actions/upload-artifact").mkdir(parents=True)
    found = finder(ActionChoice.STAND_IN, actions_folder=tmp_path / "given").find(
        [UPLOAD]
    )
    assert found.folders == {UPLOAD: tmp_path / "given/actions/upload-artifact"}


@pytest.mark.parametrize(
    ("choice", "uses"),
    [(ActionChoice.UPSTREAM, UPLOAD), (ActionChoice.AUTO, "actions/cache/other@v5")],
)
def test_what_cannot_be_had_stops(
    finder: Finder, choice: ActionChoice, uses: str
) -> None:
    with pytest.raises(ToolFailedError, match="cannot be fetched"):
        finder(choice).find([uses])
