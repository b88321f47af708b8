"""Concurrency groups: which workflows wait for each other."""

from __future__ import annotations

from .model import StateModel


def share_group(model: StateModel, sibling: StateModel) -> bool:
    """Whether two workflows have one group, by the same text."""
    own, other = get_group(model), get_group(sibling)
    return bool(own) and own == other and "github.workflow" not in own


def get_group(model: StateModel) -> str:
    """Return the concurrency group of a whole workflow, "" where it has none."""
    concurrency = model.top.get("concurrency")
    if isinstance(concurrency.value, dict):
        return concurrency.get_text("group").lower()
    return str(concurrency.value or "").lower()
