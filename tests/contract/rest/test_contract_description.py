"""Every operation that is served answers as GitHub's own description says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from generator.github.app import ROUTES
from generator.github.core.clock import SteerableClock
from generator.github.core.models import Run, Step, Workflow
from generator.github.core.rate_limits import Limits
from tests.contract.clients import begin_run
from tests.contract.described import (
    action_rows,
    check_rows,
    git_rows,
    issue_rows,
    pull_rows,
    repository_rows,
)
from tests.contract.described.rows import Play, Row
from tests.judges.coverage import (
    NOT_DESCRIBED,
    ONLY_REFUSED,
    PAGE,
    UNDESCRIBED,
    build_page,
)
from tests.judges.description import Description, load_description

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import BeginOn

FAMILIES = {
    "actions": action_rows.ROWS,
    "checks": check_rows.STATUSES,
    "environments": check_rows.ENVIRONMENTS,
    "git": git_rows.ROWS,
    "issues": issue_rows.ROWS,
    "pulls": pull_rows.ROWS,
    "repository": repository_rows.ROWS,
}
UNLIMITED = Limits(calls_an_hour=None, points_a_minute=None)


class Willing:
    """A launcher that starts runs and ends none."""

    def __init__(self, local_github: LocalGitHub) -> None:
        self._local_github = local_github

    def dispatch(
        self,
        workflow: Workflow,  # noqa: ARG002 - there is one
        branch: str,
        inputs: Mapping[str, str],  # noqa: ARG002 - and nothing runs
    ) -> None:
        """Begin a run."""
        begin_run(self._local_github, event="workflow_dispatch", head_branch=branch)

    def rerun(self, run: Run) -> None:
        """Do nothing."""

    def cancel(self, run: Run) -> None:
        """Do nothing."""


@pytest.fixture
def description() -> Description:
    return load_description()


@pytest.fixture
def play(
    description: Description,
    open_local_github: Callable[..., LocalGitHub],
    begin_on: BeginOn,
) -> Play:
    local_github = open_local_github(clock=SteerableClock(), limits=UNLIMITED)
    local_github.set_launcher(Willing(local_github))
    run, ended = begin_on(local_github), begin_on(local_github)
    reader = begin_on(local_github, permissions={"contents": "read", "issues": "read"})
    job = local_github.record_job(
        run.run_id, "train", "success", [Step("Train", "success", 1.0)]
    )
    artifact, expired = run.upload("state", b"x"), run.upload("old", b"x")
    local_github.expire_artifact(expired)
    run.save_cache("deps", b"cached")
    run.save_cache("other", b"cached")
    local_github.finish_run(ended.run_id, "success")
    tokens = {
        "owner": local_github.create_owner_token(),
        "run": run.ticket.token,
        "reader": reader.ticket.token,
        "nobody": "ghp_nobody",
    }
    kept = {
        "run": run.run_id,
        "ended": ended.run_id,
        "job": job.id,
        "artifact": artifact,
        "expired": expired,
        "other_cache": local_github.list_caches()[1].id,
    }
    return Play(local_github.url, tokens, description, kept)


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_fit_the_description(family: str, play: Play) -> None:
    faults = play.play(FAMILIES[family])
    assert not faults, "\n" + "\n".join(faults)


def test_every_operation_has_an_answer_that_is_judged() -> None:
    judged = set()
    for rows in FAMILIES.values():
        for row in rows:
            judged.add(find_served(row))
    served = set()
    for route in ROUTES.load_all():
        if not route.path.startswith(NOT_DESCRIBED):
            served.add((route.method, route.path))
    assert served - judged == ONLY_REFUSED | UNDESCRIBED


def test_the_page_of_operations_is_of_today(description: Description) -> None:
    assert PAGE.read_text() == build_page(description), "`make docs` writes it"


def find_served(row: Row) -> tuple[str, str] | None:
    """Method and path of the route that a row is a success of."""
    path = row.url_path.partition("?")[0].removeprefix("/api/uploads")
    match = ROUTES.find(row.method, path)
    if match is None or row.status >= 400:
        return None
    return match.route.method, match.route.path
