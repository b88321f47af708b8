"""Legs of a matrix that push side by side."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes of a matrix that neither wait for each other nor take each other in."""
    for push in model.pushes:
        job = push.step.job
        if not job.is_matrix or push.is_rebased or push.is_forced:
            continue
        if job.node.get("strategy").get_text("max-parallel") == "1":
            continue
        if "matrix." in push.ref or "matrix." in push.step.condition:
            continue
        yield Fault(
            push.position,
            "the legs of this matrix push to one branch side by side: all but the first "
            "are rejected, and what they made is lost",
            "let each leg upload an artifact, and one job that needs them commit and push",
        )


RULE = make_state_rule(
    "matrix-push",
    Severity.LOSES_STATE,
    "One job pushes, not each leg of a matrix",
    "Jobs of a matrix start together from the same commit. The first push moves the branch, "
    "and GitHub rejects the others. Collect what the legs made in artifacts and push in one "
    "job, or set `max-parallel: 1` and pull before the push.",
    check,
    before="strategy:\n  matrix: {region: [a, b]}\nsteps:\n  - run: git push",
    after="collect:\n  needs: legs\n  steps:\n    - run: git push",
)
