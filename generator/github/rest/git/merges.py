"""REST: merging branches [docs.github.com/rest/branches/branches]."""

from __future__ import annotations

from ...context import AppContext
from ...storage.git.commits import Commit, make_commit, read_commit
from ...storage.git.objects import is_ancestor, merge_trees, set_ref
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_commit

WRITE = "contents:write"


def merge_branch(context: AppContext, call: Call) -> Reply:
    """Merge a branch or commit into a branch; 204 where there is nothing to merge."""
    base, head = call.body.require_text("base"), call.body.require_text("head")
    into = context.git.list_branches().get(base)
    if into is None:
        raise call.refusal(404, "Base does not exist")
    other = context.git.resolve(head)
    if other is None:
        raise call.refusal(404, "Head does not exist")
    if is_ancestor(context.git, other, into):
        return Reply(204)
    message = call.body.read_text("commit_message") or f"Merge {head} into {base}"
    commit = merge_commits(context, into, other, message)
    # A push that came in between counts as a conflict, too.
    if commit is None or not set_ref(
        context.git, f"refs/heads/{base}", commit.sha, into
    ):
        raise call.refusal(409, "Merge conflict")
    return Reply(201, serialize_commit(context, call.origin, commit))


def merge_commits(
    context: AppContext, into: str, other: str, message: str
) -> Commit | None:
    """The merge of two commits, to which no ref leads yet; None where they conflict."""
    tree = merge_trees(context.git, into, other)
    if tree is None:
        return None
    sha = make_commit(context.git, message, tree, [into, other])
    return read_commit(context.git, sha)


ROUTES = build_routes(
    "branches/branches",
    Endpoint("POST", "~/merges", WRITE, merge_branch, "merge-a-branch"),
)
