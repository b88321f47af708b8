"""A run-id that is ignored, for there is no token."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Edit, Severity
from ...state.model import StateModel
from ...steps.operations import Restore, Source
from ...stores.artifacts import DOWNLOAD
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the downloads that name another run and no token."""
    for restore in model.downloads:
        action = restore.step.action
        if action is None or action.name != DOWNLOAD or restore.source is Source.OWN:
            continue
        if not restore.step.get_input("github-token"):
            yield Fault(
                restore.step.place_input("run-id"),
                "without github-token the run-id is ignored: it looks in the current run",
                "github-token: ${{ github.token }}",
                fix=_make_fix(restore),
            )


def _make_fix(restore: Restore) -> Edit | None:
    """Add a line with the token below that of the run-id."""
    line, column = restore.step.place_input("run-id")
    text = restore.step.job.get_line(line)
    if not text[column - 1 :].startswith("run-id: ") or text[: column - 1].strip():
        return None
    token = " " * (column - 1) + "github-token: ${{ github.token }}"
    return Edit(line, line, (text, token))


RULE = make_state_rule(
    "run-id-no-token",
    Severity.LOSES_STATE,
    "A restore from another run has a token",
    "download-artifact looks at `run-id` only where `github-token` is given, and says nothing "
    "of it: it looks in the current run and finds nothing. The token needs `actions: read`.",
    check,
    before="with:\n  name: state\n  run-id: ${{ steps.last.outputs.run }}",
    after="with:\n  name: state\n  run-id: ${{ steps.last.outputs.run }}\n"
    "  github-token: ${{ github.token }}",
)
