"""A restore that needs `actions: read` in a private repository."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.permissions import find_permissions, get_level
from ...steps.operations import Source
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the restores from other runs by a token without the right to read them."""
    for restore in model.downloads:
        permissions = find_permissions(model, restore.step.job)
        if restore.source is Source.OWN or permissions is None:
            continue
        if get_level(permissions, "actions") not in {"read", "write"}:
            yield Fault(
                restore.position,
                "in a private repository the token needs `actions: read` to see other runs",
                "permissions: actions: read",
            )


RULE = make_state_rule(
    "actions-read",
    Severity.INFORMATION,
    "A token that restores from other runs may read them",
    "Artifacts of other runs are read through the API, with `actions: read`. Where a file "
    "names permissions and leaves it out, that works in public repositories alone.",
    check,
    before="permissions:\n  contents: read",
    after="permissions:\n  contents: read\n  actions: read",
)
