"""Several runs at once: whose turn it is, and who waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Rows = Callable[[RunResult], int]
PATIENT = 'while [ ! -e "$GO" ]; do sleep 0.05; done; python -m pipeline update --iterations 1'
GROUP = "Incremental training-refs/heads/main"


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.shows_settings("concurrency")
@pytest.mark.parametrize(
    ("concurrency", "rows"), [("queue", [10, 20, 30]), ("single", [10, 0, 20])]
)
def test_of_three_runs_at_once_each_has_its_turn(
    concurrency: str,
    rows: list[int],
    project: Project,
    total_rows: Rows,
    tmp_path: Path,
) -> None:
    project.render(**{"concurrency": concurrency, "train.command": PATIENT})
    go = tmp_path / "go"
    tickets = project.root / ".wfgen" / "groups"
    assert project.local_github.list_runs() == ()  # opens it before the threads do
    begun: list[Future[RunResult]] = []

    def settled() -> bool:
        """The newest run goes on or waits.

        Beside the others, or in the place of the one before it.
        """
        waiting = len(list(tickets.glob("*/*.ticket")))
        return waiting == len(begun) or (
            waiting == 2 and len(begun) == 3 and begun[1].done()
        )

    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        stack.callback(go.touch)
        for _ in range(3):
            begun.append(threads.submit(project.run, environment={"GO": str(go)}))
            wait_until(settled)
        # A pull request has a group of its own, and waits for nobody.
        assert (
            project.run("pull_request", environment={"GO": "/"}).conclusion
            is Conclusion.SUCCESS
        )
    results = [future.result() for future in begun]
    assert [total_rows(one) if one.summary else 0 for one in results] == rows
    if concurrency == "single":
        assert (results[1].conclusion, results[1].run.conclusion) == (
            Conclusion.CANCELLED,
            "cancelled",
        )
        assert (
            results[1].problem
            == f"a newer run of the concurrency group {GROUP} waits in its place"
        )
    assert not list(tickets.glob("*/*.ticket"))
