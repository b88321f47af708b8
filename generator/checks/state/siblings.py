"""Which workflow of the repository a restore or a trigger means."""

from __future__ import annotations

import re

from ..steps.operations import Restore
from .model import StateModel


def find_source_model(model: StateModel, restore: Restore) -> StateModel | None:
    """Return the workflow whose runs a restore looks through; None where it is not known."""
    name = restore.workflow
    if not name:
        return model
    for candidate in (model, *model.siblings):
        if is_called(candidate, name):
            return candidate
    # The file may lie here under another name than in its repository.
    if restore.name and any(save.name == restore.name for save in model.uploads):
        return model
    return None


def is_called(model: StateModel, name: str) -> bool:
    """Whether a workflow's file or name is this one."""
    if "github.workflow" in name:
        return False
    wanted = simplify(name)
    return wanted in {simplify(model.path.name), simplify(model.top.get_text("name"))}


def simplify(name: str) -> str:
    """Return a name of a workflow or its file in small letters and digits alone."""
    stem = re.sub(r"\.ya?ml$", "", name.strip().lower())
    return re.sub(r"[^a-z0-9]", "", stem)
