"""The payload of a push."""

from __future__ import annotations

from ..repository import NO_SHA, Repository
from .common import Addresses, Payload
from .history import History, Person


def make_push(
    addresses: Addresses,
    repository: Repository,
    history: History,
    ref: str,
    actor: str,
) -> Payload:
    """What a push of the present commit brought; a tag is always new."""
    is_tag = ref.startswith("refs/tags/")
    before = NO_SHA if is_tag else repository.parent_sha
    page = f"{addresses.site}/{repository.name}"
    commit = {
        "id": repository.sha,
        "tree_id": history.tree,
        "distinct": True,
        "message": repository.message,
        "timestamp": history.committed_at,
        "url": f"{page}/commit/{repository.sha}",
        "author": _make_person(history.author),
        "committer": _make_person(history.committer),
        "added": list(history.added),
        "removed": list(history.removed),
        "modified": list(history.modified),
    }
    return {
        "ref": ref,
        "before": before,
        "after": repository.sha,
        "base_ref": None,
        "created": before == NO_SHA,
        "deleted": False,
        "forced": False,
        "compare": f"{page}/compare/{before[:12]}...{repository.sha[:12]}",
        "head_commit": commit,
        # With a tag, GitHub names no commits.
        "commits": [] if is_tag else [commit],
        "pusher": {"name": actor, "email": f"{actor}@users.noreply.github.com"},
    }


def _make_person(person: Person) -> Payload:
    return {"name": person.name, "email": person.email}
