"""The failure of work is lost in a pipe, and what it left is saved."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Edit, Severity
from ...shell.model import Command, Role
from ...state.kept import list_saves_after
from ...state.model import StateModel
from ...steps.operations import Save, Work
from ...steps.words import covers_path
from ...steps.work import is_test
from ..base import Fault, make_state_rule

_PASSING = frozenset({"tee", "ts", "cat"})


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the work on the left of a pipe without pipefail, with state saved after it."""
    for work in model.work:
        command, script = work.command, work.step.script
        if script is None or is_test(command):
            continue
        parent = command.find_parent(Role.PIPE)
        if parent is None or command.pipefail or "PIPESTATUS" in script.text:
            continue
        # `train | tee log || echo skipped` is meant to go on.
        if command.find_parent(Role.OR_LEFT) or work.step.goes_on_after_failure:
            continue
        (*_, last) = script.list_between(parent.right, parent.end) or [command]
        if last.name not in _PASSING:
            continue
        saves = [
            save for save in list_saves_after(model, work) if not _is_log(save, last)
        ]
        if saves:
            yield Fault(
                work.position,
                f"where this fails, the step succeeds by {last.name}, and what it left is "
                "saved as state",
                "shell: bash, or `set -o pipefail` before it",
                fix=_make_fix(work),
            )


def _is_log(save: Save, last: Command) -> bool:
    """Whether all that is saved is what the end of the pipe wrote."""
    written = [word for word in last.words[1:] if not word.startswith("-")]
    if not save.paths or not written:
        return False
    return all(any(covers_path(word, path) for word in written) for path in save.paths)


def _make_fix(work: Work) -> Edit | None:
    """`shell: bash` behind a `run:` of one line."""
    node = work.step.node.get("run")
    if "\n" in work.step.node.get_text("run").strip() or work.step.shell:
        return None
    line, column = node.position
    text = node.document.text.split("\n")[line - 1]
    if not text[column - 1 :].startswith("run: ") or text.endswith(("|", ">")):
        return None
    return Edit(line, line, (text, " " * (column - 1) + "shell: bash"))


RULE = make_state_rule(
    "pipe-hides-failure",
    Severity.LOSES_STATE,
    "Work in a pipe fails its step",
    "Without `shell: bash` GitHub runs `bash -e`, without pipefail: the exit code of "
    "`train | tee log` is that of tee. Training that broke half way looks fine, and what it "
    "left is saved over the good state. `shell: bash` alone turns pipefail on.",
    check,
    before="- run: python train.py 2>&1 | tee train.log",
    after="- run: python train.py 2>&1 | tee train.log\n  shell: bash",
)
