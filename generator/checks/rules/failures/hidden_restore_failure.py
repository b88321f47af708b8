"""A restore whose failure nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.restoring import Seen, list_lossy_restores
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the restores that fail without a trace, with state saved after them."""
    for restore, seen in list_lossy_restores(model):
        if seen is Seen.NOT:
            yield Fault(
                restore.position,
                "any failure to restore, a network error too, leaves this run without "
                "state, and what it then saves takes the place of the good one",
                "tell `there is none yet` from `it failed`, and let the step fail",
            )


RULE = make_state_rule(
    "hidden-restore-failure",
    Severity.LOSES_STATE,
    "A restore that fails fails the run",
    "`continue-on-error` and `|| true` are meant for the first run, and hide each failure "
    "after it as well: an outage, an expired artifact, a token without rights. The run "
    "begins anew and overwrites the state. Look first whether there is a state (`gh run "
    "list`, a 404), go on without one only then, and let the restore itself fail.",
    check,
    before='- run: gh run download "$run" -n state || true',
    after='- run: if [ -n "$run" ]; then gh run download "$run" -n state; fi',
)
