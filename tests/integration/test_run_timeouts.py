"""A training and a job that take too long.

One minute is the least that can be set, so this waits for a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]
SLOW = (
    "mkdir -p runtime/logs; echo begun | tee runtime/logs/log.txt; "
    'sleep 300; echo "never reached"'
)


@pytest.mark.shows_settings("timeout", "train.timeout")
def test_what_takes_longer_than_it_may_is_stopped(project: Project, why: Why) -> None:
    project.render(**{"train.command": SLOW, "train.timeout": "1"})
    project.render(
        **{"train.command": SLOW, "timeout": "1", "workflow": "job.yml", "name": "Job"}
    )
    names = ["train.yml", "job.yml"]
    assert project.local_github.list_runs() == ()  # opens it before the threads do
    with ThreadPoolExecutor() as threads:
        step, job = threads.map(lambda name: project.run(workflow=name), names)
    assert step.conclusion is Conclusion.FAILURE, why(step)
    assert job.conclusion is Conclusion.CANCELLED, why(job)
    for result in (step, job):
        assert 60 <= result.duration_seconds < 120
        assert [
            line
            for line in project.list_output(result)
            if line in {"begun", "never reached"}
        ] == ["begun"]
        assert not [
            artifact
            for artifact in result.artifacts
            if artifact.name.endswith("-state")
        ]
    # A training that ran out of time has failed: what comes whatever happens comes.
    assert project.map_conclusions(step)["Train"] == "failure"
    assert (
        project.map_conclusions(step)["Upload training logs"],
        project.map_conclusions(step)["Summarise the run"],
    ) == ("success",) * 2
    # A job that ran out of time is over, but for what always runs.
    messages = [note.message for note in job.annotations]
    assert "The job has exceeded the maximum execution time of 1m0s" in messages
    assert (
        project.map_conclusions(job)["Train"],
        project.map_conclusions(job)["Upload training logs"],
    ) == ("cancelled", "skipped"), job
