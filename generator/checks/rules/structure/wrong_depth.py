"""Inputs of an action beside `with` instead of in it."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.jobs import STEP_KEYS, Step
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the first key of each step that stands beside an empty `with`."""
    for job in model.jobs:
        for step in job.steps:
            keys = list_misplaced(step)
            if keys:
                yield Fault(
                    step.node.get(keys[0]).position,
                    f"{', '.join(keys)} stand beside `with`, not in it: GitHub refuses the "
                    "file",
                    "indent them below `with:`",
                )


def list_misplaced(step: Step) -> list[str]:
    """Return the keys that no step has, where `with` is there and holds nothing."""
    value = step.node.value
    if not isinstance(value, dict) or "with" not in value or value["with"] is not None:
        return []
    return [key for key in value if key not in STEP_KEYS and not key.startswith("with")]


RULE = make_state_rule(
    "wrong-depth",
    Severity.BREAKS,
    "Inputs of an action stand in `with`",
    "YAML goes by indentation: keys at the depth of `with:` belong to the step, which has no "
    "such keys, and the action gets nothing. GitHub refuses the file.",
    check,
    before="- uses: actions/upload-artifact@v7\n  with:\n  path: state",
    after="- uses: actions/upload-artifact@v7\n  with:\n    path: state",
)
