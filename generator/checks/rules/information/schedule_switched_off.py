"""A schedule that GitHub switches off where nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ....workflow.files import WORKFLOWS
from ...state.model import StateModel
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the schedules of state that is kept outside the branches."""
    # What else is committed is known within a repository alone.
    if model.path.parent.parts[-2:] != WORKFLOWS.parts:
        return
    stores = any(cache.is_state for cache in model.caches) or any(
        save.name in model.kept_names for save in model.uploads
    )
    if not model.crons or not stores or model.pushes or model.runs_on_pull_requests:
        return
    if any(sibling.pushes for sibling in model.siblings):
        return
    _, position = model.crons[0]
    yield Fault(
        position,
        "in a public repository a schedule is switched off after 60 days without a commit, "
        "and artifacts and caches are no activity",
        "a commit now and then, or a workflow that switches it on again",
    )


RULE = make_state_rule(
    "schedule-switched-off",
    Severity.INFORMATION,
    "A schedule goes on where nobody commits",
    "GitHub switches schedules off in public repositories without activity for 60 days, with "
    "a mail to whoever wrote the cron line last. Runs, artifacts and caches are no activity; "
    "commits are. `wfgen render` can write a workflow that keeps a schedule alive.",
    check,
    before="on:\n  schedule:\n    - cron: '17 3 * * *'",
    after="# workflows.keepalive = true in wfgen.toml",
    of_settings=True,
)
