"""The empty file that a failed command left is committed."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.operations import Store, Work
from ...steps.words import covers_path
from ...steps.work import list_outputs
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield `work > file || true` where the file is committed."""
    if not model.pushes:
        return
    for work in model.work:
        script = work.step.script
        targets = _list_overwritten(work)
        if script is None or not targets:
            continue
        is_hidden = decide_fate(script, work.command) is Fate.SWALLOWED
        if not is_hidden and not work.step.goes_on_after_failure:
            continue
        if any(_is_committed(model, work, target) for target in targets):
            yield Fault(
                work.position,
                f"where this fails {targets[0]} is empty or cut off, and is committed "
                "over the good one",
                "write to another file first, and move it there when all went well",
            )


def _is_committed(model: StateModel, work: Work, target: str) -> bool:
    for save in iter_job_saves(model, work.step.job):
        if save.store is not Store.GIT or save.step.index < work.step.index:
            continue
        if any(covers_path(path, target) for path in save.paths):
            return True
    return False


def _list_overwritten(work: Work) -> list[str]:
    targets = [item.target for item in work.command.redirects if item.operator == ">"]
    return [path for path in list_outputs(work.command) if path in targets]


RULE = make_state_rule(
    "failed-result-saved",
    Severity.LOSES_STATE,
    "The result of a failed command is not saved",
    "The shell empties the file behind `>` before the command runs. Where the command fails "
    "and its failure is passed over, an empty file is committed over the good one. Write "
    "aside and move, and let the failure be one.",
    check,
    before="- run: python export.py > data.json || true",
    after="- run: python export.py > new.json && mv new.json data.json",
)
