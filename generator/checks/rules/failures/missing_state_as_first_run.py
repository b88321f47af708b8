"""A restore that failed is taken for the first run."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.restoring import Seen, list_lossy_restores
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the restores after whose failure a run starts from nothing."""
    for restore, seen in list_lossy_restores(model):
        if seen is Seen.AS_FIRST_RUN:
            yield Fault(
                restore.position,
                "where this fails for whatever reason, the run takes itself for the first "
                "and starts from nothing",
                "only `there is none` (a 404, an empty list) is a first run; let all else "
                "fail",
            )


RULE = make_state_rule(
    "missing-state-as-first-run",
    Severity.LOSES_STATE,
    "Only a state that is not there makes a first run",
    "The failure is noticed and answered with a fresh start: `if [ -f model ]; else init`. "
    "But a download fails for other reasons than that nothing is there, and then the fresh "
    "start replaces the state of years. Ask for the reason: the status code 404, an empty "
    "list of runs.",
    check,
    before="- run: curl -fsS -o m.json $URL\n  continue-on-error: true\n"
    "- run: if [ -f m.json ]; then go_on; else start; fi",
    after="- run: |\n    code=$(curl -sS -o m.json -w '%{http_code}' $URL)\n"
    '    case "$code" in 200) ;; 404) rm m.json ;; *) exit 1 ;; esac',
)
