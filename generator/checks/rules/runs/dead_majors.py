"""Actions of a major version that no longer runs."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.jobs import Step
from ..base import Fault, make_state_rule

# The first major on Node 24; GitHub took Node 20 off its runners in September 2026.
FIRST_MAJORS = {
    "actions/checkout": 5,
    "actions/setup-python": 6,
    "actions/setup-node": 5,
    "actions/setup-go": 6,
    "actions/setup-java": 5,
    "actions/setup-dotnet": 5,
    "actions/upload-artifact": 6,
    "actions/download-artifact": 7,
    "actions/cache": 5,
    "actions/cache/restore": 5,
    "actions/cache/save": 5,
    "actions/github-script": 8,
    "actions/labeler": 6,
    "actions/stale": 10,
}


def check(model: StateModel) -> Iterator[Fault]:
    """Yield one fault for all steps of a file whose action has gone."""
    dead = []
    for job in model.jobs:
        dead += [step for step in job.steps if is_dead(step)]
    if not dead:
        return
    names = dict.fromkeys(_name(step) for step in dead)
    yield Fault(
        dead[0].node.get("uses").position,
        f"no runner has the Node that these are written for any more: {', '.join(names)}",
        "take their current majors",
    )


def is_dead(step: Step) -> bool:
    """Whether an action's major is known, and before the first that runs."""
    action = step.action
    # A local action is looked at by itself.
    if action is None or action.major == 0 or step.is_inlined:
        return False
    return action.major < FIRST_MAJORS.get(action.name, 0)


def _name(step: Step) -> str:
    action = step.action
    if action is None:
        return ""
    return f"{action.name}@v{action.major}"


RULE = make_state_rule(
    "dead-majors",
    Severity.BREAKS,
    "Actions are of a major that still runs",
    "GitHub took Node 20 off its runners in September 2026, Node 16 and 12 before, and "
    "switched the first three majors of the artifact actions and the first two of the cache "
    "off altogether. Steps with such an action fail. Take the current major of each.",
    check,
    before="- uses: actions/checkout@v4",
    after="- uses: actions/checkout@v7",
)
