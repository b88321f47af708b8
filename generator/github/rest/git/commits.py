"""REST: commits [docs.github.com/rest/commits/commits]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...storage.git.changes import EMPTY_TREE, list_changes
from ...storage.git.commits import (
    Commit,
    Range,
    count_commits,
    list_commits,
    read_commit,
)
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate, read_page, reply_page
from ..router import Endpoint, build_routes
from ..schemas.commits import count_changes, serialize_changes, serialize_commit
from .branches import serialize_branch

READ = "contents:read"


def find_commit(context: AppContext, call: Call, ref: str) -> Commit:
    """The commit that a ref names; 422 in GitHub's words where it names none."""
    commit = read_commit(context.git, ref)
    if commit is None:
        raise call.invalid(f"No commit found for SHA: {ref}")
    return commit


def list_history(context: AppContext, call: Call) -> Reply:
    """Commits that a branch, tag or SHA leads to, newest first."""
    if not context.git.list_branches():
        raise call.refusal(409, "Git Repository is empty.")
    ref = call.query.get("sha") or context.default_branch
    head = context.git.resolve(ref)
    if head is None:
        raise call.not_found()
    selection = Range(
        head,
        path=call.query.get("path", ""),
        since=call.query.get("since", ""),
        until=call.query.get("until", ""),
        author=call.query.get("author", ""),
    )
    page = read_page(call)
    commits = list_commits(context.git, selection, page.offset, page.size)
    total = count_commits(context.git, selection)
    serialize = partial(serialize_commit, context, call.origin)
    return reply_page(call, commits, total, serialize)


def get_commit(context: AppContext, call: Call) -> Reply:
    """One commit, with what it changes; or as a diff, or its SHA alone."""
    commit = find_commit(context, call, call.path["ref"])
    # The media types `application/vnd.github.sha` and `.diff`.
    if "sha" in call.accept:
        return _reply_text(commit.sha)
    base = EMPTY_TREE
    if commit.parents:
        base = commit.parents[0]
    if "diff" in call.accept:
        return _reply_text(context.git.ask("diff", base, commit.sha).stdout)
    return Reply(body=_serialize_whole(context, call, base, commit))


def _serialize_whole(
    context: AppContext, call: Call, base: str, commit: Commit
) -> JsonObject:
    changes = list_changes(context.git, base, commit.sha)
    body = serialize_commit(context, call.origin, commit)
    body["stats"] = count_changes(changes)
    body["files"] = serialize_changes(context, call.origin, commit.sha, changes)
    return body


def _reply_text(text: str) -> Reply:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    return Reply(raw=text.encode(), headers=headers)


def list_head_branches(context: AppContext, call: Call) -> Reply:
    """The branches that a commit is the head of."""
    commit = find_commit(context, call, call.path["sha"])
    heads = []
    for name, sha in context.git.list_branches().items():
        if sha == commit.sha:
            heads.append((name, sha))
    return paginate(call, heads, partial(serialize_branch, context, call.origin))


ROUTES = build_routes(
    "commits/commits",
    Endpoint("GET", "~/commits", READ, list_history, "list-commits"),
    Endpoint(
        "GET",
        "~/commits/{sha}/branches-where-head",
        READ,
        list_head_branches,
        "list-branches-for-head-commit",
    ),
    Endpoint("GET", "~/commits/{+ref}", READ, get_commit, "get-a-commit"),
)
