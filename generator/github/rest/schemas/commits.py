"""Commits, and what they change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.git.changes import FileChange
from ...storage.git.commits import Commit, Signature
from ..calls import JsonObject
from .users import serialize_user

# GitHub gives an account to those whose address it knows: here, to those it made up.
_ACCOUNT_ENDING = "@users.noreply.github.com"
_UNSIGNED: JsonObject = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def serialize_signature(signature: Signature) -> JsonObject:
    """A `git-user`."""
    return {
        "name": signature.name,
        "email": signature.email,
        "date": format_rfc3339(signature.at),
    }


def _serialize_account(origin: str, signature: Signature) -> JsonObject | None:
    """The `simple-user` behind a signature; null for an address GitHub does not know."""
    if not signature.email.endswith(_ACCOUNT_ENDING):
        return None
    login = signature.email.removesuffix(_ACCOUNT_ENDING).rpartition("+")[2]
    return serialize_user(origin, login)


def serialize_commit(context: AppContext, origin: str, commit: Commit) -> JsonObject:
    """A `commit`, without what it changes."""
    api = f"{origin}/repos/{context.repository}"
    page = f"{origin}/{context.repository}/commit"
    url = f"{api}/commits/{commit.sha}"
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "commit": {
            "author": serialize_signature(commit.author),
            "committer": serialize_signature(commit.committer),
            "message": commit.message,
            "tree": {
                "sha": commit.tree,
                "url": f"{api}/git/trees/{commit.tree}",
            },
            "url": f"{api}/git/commits/{commit.sha}",
            "comment_count": 0,
            "verification": _UNSIGNED,
        },
        "url": url,
        "html_url": f"{page}/{commit.sha}",
        "comments_url": f"{url}/comments",
        "author": _serialize_account(origin, commit.author),
        "committer": _serialize_account(origin, commit.committer),
        "parents": _list_parents(commit, f"{api}/commits", page),
    }


def _list_parents(commit: Commit, commits: str, page: str) -> list[JsonObject]:
    """A commit's parents, with their addresses below two others."""
    return [
        {
            "sha": parent,
            "url": f"{commits}/{parent}",
            "html_url": f"{page}/{parent}",
        }
        for parent in commit.parents
    ]


def serialize_git_commit(
    context: AppContext, origin: str, commit: Commit
) -> JsonObject:
    """A `git-commit`: what git knows of it."""
    api = f"{origin}/repos/{context.repository}/git"
    page = f"{origin}/{context.repository}/commit"
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "url": f"{api}/commits/{commit.sha}",
        "html_url": f"{page}/{commit.sha}",
        "author": serialize_signature(commit.author),
        "committer": serialize_signature(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": f"{api}/trees/{commit.tree}"},
        "parents": _list_parents(commit, f"{api}/commits", page),
        "verification": _UNSIGNED,
    }


def serialize_simple_commit(commit: Commit) -> JsonObject:
    """A `simple-commit`, which runs and check suites carry."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": format_rfc3339(commit.committer.at),
        "author": _serialize_person(commit.author),
        "committer": _serialize_person(commit.committer),
    }


def _serialize_person(signature: Signature) -> JsonObject:
    return {"name": signature.name, "email": signature.email}


def serialize_changes(
    context: AppContext, origin: str, head: str, changes: Sequence[FileChange]
) -> list[JsonObject]:
    """Each file that changes, as a `diff-entry`."""
    serialize = partial(_serialize_change, context, origin, head)
    return list(map(serialize, changes))


def _serialize_change(
    context: AppContext, origin: str, head: str, change: FileChange
) -> JsonObject:
    page = f"{origin}/{context.repository}"
    contents = f"{origin}/repos/{context.repository}/contents"
    path = quote(change.path)
    body: JsonObject = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{contents}/{path}?ref={head}",
    }
    if change.patch:
        body["patch"] = change.patch
    if change.previous_path:
        body["previous_filename"] = change.previous_path
    return body


def count_changes(changes: Sequence[FileChange]) -> JsonObject:
    """Lines added, removed and both, over all files."""
    additions = sum(change.additions for change in changes)
    deletions = sum(change.deletions for change in changes)
    return {
        "additions": additions,
        "deletions": deletions,
        "total": additions + deletions,
    }
