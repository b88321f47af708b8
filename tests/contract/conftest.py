"""Fixtures: a local GitHub, runs on it, and the programs that speak to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from generator.github.client_setup import build_gh_environment
from generator.github.core.clock import SteerableClock
from generator.github.local_github import LocalGitHub
from tests.contract.clients import Begin, BeginOn, begin_run, hang_up
from tests.contract.programs import Gh, Node, Serving, install_node_modules, serve_in


@pytest.fixture(autouse=True)
def no_connection_is_left() -> Iterator[None]:
    yield
    hang_up()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    return install_node_modules()


@pytest.fixture
def node(node_modules: Path, tmp_path: Path) -> Node:
    home = tmp_path / "home"
    home.mkdir()
    return Node(node_modules, home)


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock()


@pytest.fixture
def local_github(tmp_path: Path, clock: SteerableClock) -> Iterator[LocalGitHub]:
    with LocalGitHub.open(tmp_path / "github", clock=clock) as opened:
        yield opened


@pytest.fixture
def begin(local_github: LocalGitHub) -> Begin:
    return lambda **changes: begin_run(local_github, **changes)


@pytest.fixture
def serving() -> Serving:
    return serve_in


@pytest.fixture
def begin_on() -> BeginOn:
    return begin_run


@pytest.fixture
def open_local_github(tmp_path: Path) -> Iterator[Callable[..., LocalGitHub]]:
    """Open more servers, which end with the test."""
    with ExitStack() as stack:
        yield lambda name="github", **options: stack.enter_context(
            LocalGitHub.open(tmp_path / name, **options)
        )


@pytest.fixture
def gh(local_github: LocalGitHub, tmp_path: Path) -> Gh:
    program = shutil.which("gh")
    if program is None:
        pytest.skip("gh is not installed")
    env = build_gh_environment(
        local_github.url, "local/repository", local_github.create_owner_token()
    )
    return Gh(
        program,
        {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1"} | env,
        tmp_path,
    )
