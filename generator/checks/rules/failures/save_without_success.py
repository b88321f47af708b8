"""State is saved though the work before it failed."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate
from ...shell.model import Role
from ...state.kept import find_push_step, iter_job_saves
from ...state.model import StateModel
from ...steps.conditions import asks_for_success, list_outcomes, runs_after_failure
from ...steps.jobs import Step
from ...steps.operations import Save, Store, Work
from ...steps.words import covers_path, is_model_path
from ...steps.work import mentions_path, trains_model
from ...stores.git import list_added_paths
from ..base import Fault, make_state_rule

# Of a command that a message quotes.
_LONGEST = 40


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the saves that follow work which may have failed."""
    for job in model.jobs:
        saves = list(iter_job_saves(model, job))
        if saves:
            yield from _check_job(model, saves)


def _check_job(model: StateModel, saves: list[Save]) -> Iterator[Fault]:
    seen: set[int] = set()
    for save in sorted(saves, key=lambda item: item.step.index):
        step = save.step
        if step.index in seen:
            continue
        failing = _find_failing_work(model, save)
        if failing is not None and not _asks(model, step, failing.step):
            seen.add(step.index)
            yield Fault(
                step.position,
                f"what `{_shorten(failing)}` left is saved even where it failed: the "
                "job goes on after it",
                "give that step an id and this one `if: steps.<id>.outcome == 'success'`",
                _judge(save, failing),
            )
        elif runs_after_failure(step.condition) and _is_model_save(model, save):
            seen.add(step.index)
            yield Fault(
                step.position,
                "the model is saved after a failed training, too: the next run goes on "
                "from what was left half way",
                "leave the condition out, or save only what a check has passed",
            )


def _find_failing_work(model: StateModel, save: Save) -> Work | None:
    """Return the work before a save whose step goes on after a failure."""
    for work in model.work:
        step = work.step
        if step.job is not save.step.job or step.index >= save.step.index:
            continue
        if (step.goes_on_after_failure or _is_hidden(work)) and _is_about(work, save):
            return work
    return None


def _is_hidden(work: Work) -> bool:
    """Whether `|| true` hides the failure of work; pipes have a rule of their own."""
    script = work.step.script
    if script is None or work.command.find_parent(Role.PIPE):
        return False
    return decide_fate(script, work.command) is Fate.SWALLOWED


def _is_about(work: Work, save: Save) -> bool:
    """Whether a command makes what is saved."""
    if save.paths in {(), (".",)}:
        return trains_model(work.command)
    for path in save.paths:
        if mentions_path(work.command, path):
            return True
    return trains_model(work.command) and any(
        is_model_path(path) for path in save.paths
    )


def _asks(model: StateModel, saving: Step, working: Step) -> bool:
    """Whether the saving step, or its script, looks at how the work went."""
    texts = [saving.condition, saving.node.get_text("run"), str(saving.env)]
    push = find_push_step(model, saving.job)
    if push is not None:
        texts.append(push.condition)
    for text in texts:
        if working.id and working.id in list_outcomes(text):
            return True
    return asks_for_success(saving.condition)


def _judge(save: Save, work: Work) -> Severity:
    # A folder that several sources fill may be meant to take what came.
    if save.store is Store.ARTIFACT and not trains_model(work.command):
        return Severity.FRAGILE
    return Severity.LOSES_STATE


def _is_model_save(model: StateModel, save: Save) -> bool:
    paths = list(save.paths)
    if save.command is not None:
        paths += list_added_paths(save.command)
    if not any(map(is_model_path, paths)):
        return False
    if save.store is Store.ARTIFACT and not model.is_kept(save):
        return False
    return any(
        _makes(work, paths) for work in model.work if work.step.job is save.step.job
    )


def _makes(work: Work, paths: list[str]) -> bool:
    if trains_model(work.command):
        return True
    words = work.command.words
    return any(covers_path(path, word) for path in paths for word in words)


def _shorten(work: Work) -> str:
    text = " ".join(work.command.words)
    if len(text) > _LONGEST:
        return f"{text[: _LONGEST - 3]}..."
    return text


RULE = make_state_rule(
    "save-without-success",
    Severity.LOSES_STATE,
    "State is saved only after work that went well",
    "`continue-on-error` on the step that works, or `if: always()` on the one that saves, "
    "stores what a failed training left over the last good state. Ask for the outcome of the "
    "work: `steps.<id>.outcome == 'success'` (`conclusion` is success under "
    "continue-on-error). Logs may be kept always, state not.",
    check,
    before="- run: python fit.py model.pkl\n  continue-on-error: true\n- run: git push",
    after="- id: fit\n  run: python fit.py model.pkl\n  continue-on-error: true\n"
    "- if: steps.fit.outcome == 'success'\n  run: git push",
)
