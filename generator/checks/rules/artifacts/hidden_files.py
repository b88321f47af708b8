"""Files that begin with a dot, which upload-artifact leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Edit, Severity
from ....workflow.source import Position
from ...state.model import StateModel
from ...steps.operations import Save
from ..base import Fault, make_state_rule

_SINCE_MAJOR = 4
_GLOB = "*?["


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the paths of uploads that lead to nothing, for their base name is hidden."""
    for save in model.uploads:
        action = save.step.action
        if action is None or 0 < action.major < _SINCE_MAJOR:
            continue
        if save.step.get_input("include-hidden-files"):
            continue
        for path in save.paths:
            if is_left_out(path):
                yield Fault(
                    _place_path(save, path),
                    f"upload-artifact leaves {path} out: its name begins with a dot",
                    "include-hidden-files: true",
                    fix=_make_fix(save),
                )


def is_left_out(path: str) -> bool:
    """Whether upload-artifact leaves all of a path out.

    The folders above do not count: `@actions/glob` looks at the base name of where its
    search begins, and at what lies below. `.cache/burrow` is taken, `.cache/*` is not.
    """
    if "${{" in path or "$" in path:
        return False
    parts = [part for part in path.strip().split("/") if part]
    begin = []
    for part in parts:
        if any(sign in part for sign in _GLOB):
            break
        begin.append(part)
    rest = parts[len(begin) :]
    names = begin[-1:] + rest
    return any(len(name) > 1 and name[0] == "." and name != ".." for name in names)


def _place_path(save: Save, path: str) -> Position:
    """Return the line of one of several paths."""
    position = save.step.place_input("path")
    node = save.step.inputs.get("path")
    if "\n" not in str(node.value).strip():
        return position
    for number in range(position.line, position.line + 1 + len(save.paths) * 2):
        text = save.step.job.get_line(number)
        if text.strip() == path:
            return Position(number, text.index(path) + 1)
    return position


def _make_fix(save: Save) -> Edit | None:
    line, column = save.step.place_input("path")
    text = save.step.job.get_line(line)
    if text[: column - 1].strip() or not text[column - 1 :].startswith("path:"):
        return None
    return Edit(line, line, (" " * (column - 1) + "include-hidden-files: true", text))


RULE = make_state_rule(
    "hidden-files",
    Severity.LOSES_STATE,
    "State in hidden files is uploaded",
    "Since v4.4 upload-artifact leaves out what begins with a dot, so that no credentials "
    "leak. Where the path itself is hidden nothing is uploaded, with a warning at most. Only "
    "the base name and what lies below count: `.cache/state` is taken. Set "
    "`include-hidden-files: true` or choose another name.",
    check,
    before="with:\n  name: state\n  path: .state",
    after="with:\n  name: state\n  path: .state\n  include-hidden-files: true",
)
