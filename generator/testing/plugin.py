"""The pytest plugin: fixtures `workflow`, `timeline` and `github`.

pytest loads this in every run of every project, so that what is heavy is imported where
a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..github.local_github import LocalGitHub
    from .project import Timeline, WorkflowUnderTest

KEEP = "--wfgen-keep"
_OPTIONS = frozenset(
    {"root", "model", "training", "permissive", "variables", "secrets"}
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that keeps what a test's runs left."""
    group = parser.getgroup("wfgen", "workflows under test")
    group.addoption(
        KEEP,
        action="store_true",
        help="keep the logs of the runs of each test in its tmp_path",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "wfgen(file, root=None, model=True, training='', permissive=False, "
        "variables={}, secrets={}): which workflow is under test, and how",
    )


@pytest.fixture
def workflow(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[WorkflowUnderTest]:
    """The workflow that the marker `wfgen` names, else the repository's only one."""
    from .project import make_under_test  # noqa: PLC0415 - where it is used

    named, options = _read_marker(request)
    root = Path(options.pop("root", None) or request.config.rootpath)
    under_test = make_under_test(root, named, tmp_path / "wfgen", options)
    try:
        yield under_test
    finally:
        if request.config.getoption(KEEP):
            under_test.keep_logs(tmp_path / "wfgen-logs")
        under_test.close()


def _read_marker(request: pytest.FixtureRequest) -> tuple[Path | None, dict[str, Any]]:
    """Return the workflow that the marker of a test names, and its options."""
    marker = request.node.get_closest_marker("wfgen")
    if marker is None:
        return None, {}
    options = dict(marker.kwargs)
    for name in options:
        if name not in _OPTIONS:
            listed = ", ".join(sorted(_OPTIONS))
            raise pytest.UsageError(f"the marker wfgen has no {name}; it has {listed}")
    named = None
    if marker.args:
        named = Path(marker.args[0])
    return named, options


@pytest.fixture
def timeline(workflow: WorkflowUnderTest) -> Timeline:
    """The time of the workflow under test."""
    from .project import Timeline  # noqa: PLC0415 - where it is used

    return Timeline(workflow)


@pytest.fixture
def github(workflow: WorkflowUnderTest) -> LocalGitHub:
    """The GitHub that the workflow under test runs on."""
    return workflow.github
