"""One name for two artifacts of a run."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.conditions import is_never
from ...steps.jobs import Job
from ...steps.operations import Save
from ..base import Fault, make_state_rule

_SINCE_MAJOR = 4
_OF_LEG = ("matrix.", "strategy.", "steps.", "env.", "runner.", "outputs.", "inputs.")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads whose name an earlier one, or another leg, has taken."""
    if model.is_action:
        return
    taken: dict[str, Save] = {}
    for save in model.uploads:
        if not _is_immutable(save):
            continue
        if _is_of_legs(save):
            yield Fault(
                save.position,
                f"each leg of the matrix uploads {save.name}: all but the first fail",
                "name: ...-${{ matrix.<axis> }}",
            )
        earlier = taken.setdefault(save.name, save)
        if earlier is not save and not _exclude_each_other(earlier, save):
            yield Fault(
                save.position,
                f"an artifact of this run is called {save.name} already: the upload fails",
                "another name, or overwrite: true",
            )


def _is_immutable(save: Save) -> bool:
    action = save.step.action
    is_old = action is not None and 0 < action.major < _SINCE_MAJOR
    overwrites = save.step.get_input("overwrite").lower() == "true"
    return not (is_old or overwrites or is_never(save.step.condition))


def _is_of_legs(save: Save) -> bool:
    job = save.step.job
    if not job.is_matrix or any(word in save.name for word in _OF_LEG):
        return False
    # A condition may leave one leg to upload.
    return not save.step.condition and "matrix" not in job.condition


def _exclude_each_other(one: Save, other: Save) -> bool:
    """Whether conditions may keep one of two from running."""
    conditions = [save.step.condition for save in (one, other)]
    jobs: list[Job] = [one.step.job, other.step.job]
    if jobs[0] is not jobs[1]:
        conditions += [job.condition for job in jobs]
    return any(conditions)


RULE = make_state_rule(
    "duplicate-artifact-name",
    Severity.BREAKS,
    "Each artifact of a run has a name of its own",
    "Since v4 artifacts are immutable: a second upload under a name fails with 409, in "
    "another job or leg of a matrix as well. Put what differs into the name and merge after, "
    "or say `overwrite: true` where the last one is meant to win.",
    check,
    before="strategy:\n  matrix: {os: [a, b]}\nsteps:\n  - uses: actions/upload-artifact@v7\n"
    "    with: {name: model}",
    after="with: {name: 'model-${{ matrix.os }}'}",
)
