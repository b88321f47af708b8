"""The gh of a run is sent to the local GitHub, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from generator.process import SystemRunner
from generator.runner.act.gh_program import point_gh

SHOW = '#!/bin/sh\necho "$GH_HOST|$GH_REPO|$HTTP_PROXY|$NO_PROXY|$*"\n'


def test_gh_goes_to_the_server_and_to_no_exception(tmp_path: Path) -> None:
    program = tmp_path / "a folder" / "gh"
    program.parent.mkdir()
    program.write_text(SHOW)
    program.chmod(0o755)
    (tmp_path / "gh").symlink_to(program)
    point_gh(tmp_path, "http://127.0.0.1:1")
    environment = {"GITHUB_REPOSITORY": "o/r", "NO_PROXY": "localhost"}
    argv = [str(tmp_path / "gh"), "run", "list"]
    done = SystemRunner().run(argv, env=environment)
    assert done.stdout == "github.localhost|o/r|http://127.0.0.1:1||run list\n"
    done = SystemRunner().run(argv, env={**environment, "GH_REPO": "a/b"})
    assert done.stdout.split("|")[1] == "a/b"


def test_a_machine_without_gh_has_none(tmp_path: Path) -> None:
    point_gh(tmp_path, "http://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []
