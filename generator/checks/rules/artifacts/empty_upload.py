"""An upload of state that succeeds without a file."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Edit, Severity
from ...state.model import StateModel
from ...steps.operations import Save
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads of state that only warn where there is nothing."""
    for save in model.uploads:
        if model.is_kept(save) and save.step.get_input("if-no-files-found") in {
            "",
            "warn",
            "ignore",
        }:
            yield Fault(
                save.position,
                f"where there is no file the upload of {save.name} succeeds all the same, "
                "and the next run finds nothing",
                "if-no-files-found: error",
                fix=_make_fix(save),
            )


def _make_fix(save: Save) -> Edit | None:
    step = save.step
    line, column = step.place_input("path")
    text = step.job.get_line(line)
    if step.has_input("if-no-files-found") or text[: column - 1].strip():
        return None
    return Edit(line, line, (" " * (column - 1) + "if-no-files-found: error", text))


RULE = make_state_rule(
    "empty-upload",
    Severity.FRAGILE,
    "An upload of state fails where there is nothing",
    "upload-artifact warns where no file matches, and succeeds: a renamed folder or a "
    "training that wrote nothing shows only when the next run finds no state. "
    "`if-no-files-found: error` fails the run that is at fault.",
    check,
    before="with:\n  name: state\n  path: state/",
    after="with:\n  name: state\n  path: state/\n  if-no-files-found: error",
)
