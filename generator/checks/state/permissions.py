"""What a file says of the token of a job."""

from __future__ import annotations

from ...workflow.nodes import Node
from ..steps.jobs import Job
from .model import StateModel


def find_permissions(model: StateModel, job: Job) -> Node | None:
    """Return what the file says of a job's token, None where it says nothing."""
    for owner in (job.node, model.top):
        if isinstance(owner.value, dict) and owner.value.get("permissions") is not None:
            return owner.get("permissions")
    return None


def get_level(permissions: Node, scope: str) -> str:
    """Return what a token may do in a scope."""
    if isinstance(permissions.value, str):
        return permissions.value.removesuffix("-all")
    return permissions.get_text(scope) or "none"
