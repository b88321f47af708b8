"""Runs of pull requests store the state that others restore."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.guards import is_job_kept_out, is_kept_from_pull_requests
from ...state.model import StateModel
from ...steps.operations import Restore, Save
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads of state without a condition on the event."""
    if not model.runs_on_pull_requests:
        return
    for save in model.uploads:
        if save.name not in model.kept_names:
            continue
        if is_kept_from_pull_requests(save.step) or is_job_kept_out(
            model, save.step.job
        ):
            continue
        if _is_filtered(model, save):
            continue
        yield Fault(
            save.position,
            f"runs of pull requests upload {save.name} as well, and it is restored as the "
            "state of the others",
            "if: github.event_name != 'pull_request'",
        )


def _is_filtered(model: StateModel, save: Save) -> bool:
    """Whether whoever restores it asks for an event, a commit or a run of its own."""
    restores: list[Restore] = []
    for other in (model, *model.siblings):
        restores += [item for item in other.downloads if item.name == save.name]
    if not restores:
        return True
    safe = {"event", "commit", "pr", "user", "triggering", "repo"}
    return all(safe & _list_filters(restore) for restore in restores)


def _list_filters(restore: Restore) -> frozenset[str]:
    """Return what a restore asks for; the run-id of the official action is looked up."""
    from ...stores.artifacts import read_run_list  # noqa: PLC0415 - seldom

    filters = restore.filters
    _, listed = read_run_list(restore.step)
    if "run" in filters and listed is not None:
        filters |= listed
    elif "run" in filters and "triggering" not in filters:
        # The run comes from a place that is not followed here.
        filters |= {"repo"}
    return filters


RULE = make_state_rule(
    "state-on-pull-request",
    Severity.INSECURE,
    "Pull requests store no state",
    "A workflow that starts on pull requests, too, uploads what their code made under the "
    "name that the next scheduled run restores. Whoever opens a pull request writes the "
    "state. Upload on other events alone, and restore from runs of the schedule alone.",
    check,
    before="- uses: actions/upload-artifact@v7\n  with: {name: state}",
    after="- uses: actions/upload-artifact@v7\n  if: github.event_name != 'pull_request'\n"
    "  with: {name: state}",
)
