"""State restored from a run of a pull request, also of a fork."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.siblings import find_source_model
from ...steps.operations import Restore, Source
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the restores from the newest run of a workflow that pull requests start."""
    for restore in model.downloads:
        if restore.source is not Source.NEWEST or "event" in restore.filters:
            continue
        # Of the very commit, or of the very pull request: no other can be taken.
        if {"commit", "pr", "user", "run"} & restore.filters:
            continue
        source = find_source_model(model, restore)
        if source is None or not source.runs_on_pull_requests:
            continue
        if not _uploads_from_pull_requests(source, restore):
            continue
        yield Fault(
            restore.position,
            "pull requests start the workflow this restores from, and a fork can call its "
            "branch as it likes: its artifact is taken for the state",
            "ask for the event as well (event: schedule, `gh run list -e schedule`)",
        )


def _uploads_from_pull_requests(source: StateModel, restore: Restore) -> bool:
    from ...state.guards import is_kept_from_pull_requests  # noqa: PLC0415

    writers = [save for save in source.uploads if save.name == restore.name]
    if not writers:
        return not restore.name
    return any(not is_kept_from_pull_requests(save.step) for save in writers)


RULE = make_state_rule(
    "restore-untrusted",
    Severity.INSECURE,
    "State comes from runs that may be trusted",
    "Runs of pull requests are runs of the workflow, those of forks too, and the branch of a "
    "fork may be called main. Its artifact is then restored as the state, and a pickle in it "
    "is code of a stranger. Ask for the event (`event: schedule`), keep pull requests from "
    "uploading state, and set `allow_forks: false`.",
    check,
    before="- uses: dawidd6/action-download-artifact@v21\n  with: {branch: main, name: state}",
    after="- uses: dawidd6/action-download-artifact@v21\n"
    "  with: {branch: main, name: state, event: schedule, allow_forks: false}",
)
