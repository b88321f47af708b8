"""The artifact takes another path than the one the work writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ....findings import Severity
from ...state.model import StateModel
from ...steps.operations import Save
from ...steps.words import clean_path, covers_path, is_state_path
from ...steps.work import list_outputs, list_updated
from ..base import Fault, make_state_rule

_MOVERS = frozenset(
    {"cp", "mv", "ln", "cd", "pushd", "install", "rsync", "tar", "unzip"}
)


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads of a file that the work before writes in another folder."""
    for save in model.uploads:
        for path in map(clean_path, save.paths):
            written = _find_other(save, path)
            if written:
                yield Fault(
                    save.step.place_input("path"),
                    f"the work writes {written}, and this uploads {path}",
                    f"path: {written}",
                )


def _find_other(save: Save, path: str) -> str:
    """Return where the same file is written instead, "" where it is as it should be."""
    name = PurePosixPath(path).name
    if not is_state_path(path) or not PurePosixPath(path).suffix or "*" in path:
        return ""
    found = ""
    for step in save.step.job.steps[: save.step.index]:
        if step.node.get_text("working-directory"):
            return ""
        if step.action is not None and name in str(step.inputs.value):
            return ""
        for command in step.commands:
            if command.name in _MOVERS or path in map(clean_path, command.words):
                return ""
            for written in (*list_outputs(command), *list_updated(command)):
                if PurePosixPath(written).name == name and not covers_path(
                    path, written
                ):
                    found = written
    if "$" in f"{path}{found}" or PurePosixPath(found).is_absolute():
        return ""
    return found


RULE = make_state_rule(
    "saved-other-path",
    Severity.LOSES_STATE,
    "What is uploaded is what was written",
    "The work writes a file in one folder, and the upload takes a file of the same name from "
    "another: an old one out of the repository, or none, with a warning alone. Name the same "
    "path in both.",
    check,
    before="- run: python train.py --out models/m.pkl\n"
    "- uses: actions/upload-artifact@v7\n  with: {path: model/m.pkl}",
    after="- uses: actions/upload-artifact@v7\n  with: {path: models/m.pkl}",
)
