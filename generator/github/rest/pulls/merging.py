"""REST: merging pull requests [docs.github.com/rest/pulls/pulls]."""

from __future__ import annotations

from ...context import AppContext
from ...storage.git.commits import make_commit
from ...storage.git.objects import is_ancestor, merge_trees, set_ref
from ..calls import Call, Reply
from ..git.merges import merge_commits
from ..router import Endpoint, build_routes
from .records import Pull, close_merged, find_pull

READ = "pull-requests:read"
# Merging writes to a branch.
WRITE = "contents:write"
_METHODS = ("merge", "squash", "rebase")


def check_merged(context: AppContext, call: Call) -> Reply:
    """204 for a pull request that has been merged, 404 for one that has not."""
    if not find_pull(context, call).is_merged:
        raise call.not_found()
    return Reply(204)


def merge_pull(context: AppContext, call: Call) -> Reply:
    """Merge a pull request; 405 where it cannot be, 409 where its head has moved."""
    pull = find_pull(context, call)
    method = "merge"
    if call.body.has_value("merge_method"):
        method = call.body.read_choice("merge_method", _METHODS)
    expected = call.body.read_text("sha")
    if expected and expected != pull.head_sha:
        message = "Head branch was modified. Review and try the merge again."
        raise call.refusal(409, message)
    sha = None
    if pull.issue.state == "open" and not pull.document.fields.get("draft"):
        sha = _make_merge(context, call, pull, method)
    if sha is None:
        raise call.refusal(405, "Pull Request is not mergeable")
    # Somebody may have pushed since the branch was looked at.
    if not set_ref(context.git, f"refs/heads/{pull.base}", sha, pull.base_sha):
        message = "Base branch was modified. Review and try the merge again."
        raise call.refusal(409, message)
    close_merged(context, pull, sha, call.grant.login)
    message = "Pull Request successfully merged"
    return Reply(body={"sha": sha, "merged": True, "message": message})


def _make_merge(context: AppContext, call: Call, pull: Pull, method: str) -> str | None:
    """The commit that the base is to lead to; None where there can be none."""
    title = call.body.read_text("commit_title")
    text = call.body.read_text("commit_message")
    if method == "rebase":
        # Only what needs no commits of its own: git here replays none.
        if is_ancestor(context.git, pull.base_sha, pull.head_sha):
            return pull.head_sha
        return None
    if method == "squash":
        tree = merge_trees(context.git, pull.base_sha, pull.head_sha)
        if tree is None:
            return None
        title = title or f"{pull.issue.title} (#{pull.number})"
        message = f"{title}\n\n{text}".strip()
        return make_commit(context.git, message, tree, [pull.base_sha])
    name = f"{context.owner}/{pull.head}"
    # The words that GitHub proposes.
    title = title or f"Merge pull request #{pull.number} from {name}"
    message = f"{title}\n\n{text or pull.issue.title}"
    commit = merge_commits(context, pull.base_sha, pull.head_sha, message)
    if commit is None:
        return None
    return commit.sha


def update_branch(context: AppContext, call: Call) -> Reply:
    """Merge the base into the head; 422 where that is not possible."""
    pull = find_pull(context, call)
    expected = call.body.read_text("expected_head_sha")
    if expected and expected != pull.head_sha:
        raise call.invalid("expected head sha didn't match current head ref.")
    if is_ancestor(context.git, pull.base_sha, pull.head_sha):
        raise call.invalid("There are no new commits on the base branch.")
    message = f"Merge branch '{pull.base}' into {pull.head}"
    commit = merge_commits(context, pull.head_sha, pull.base_sha, message)
    if commit is None:
        raise call.invalid("merge conflict between base and head")
    set_ref(context.git, f"refs/heads/{pull.head}", commit.sha, pull.head_sha)
    url = f"{call.origin}/repos/{context.repository}/pulls/{pull.number}"
    body = {"message": "Updating pull request branch.", "url": url}
    return Reply(202, body)


ROUTES = build_routes(
    "pulls/pulls",
    Endpoint(
        "GET",
        "~/pulls/{number}/merge",
        READ,
        check_merged,
        "check-if-a-pull-request-has-been-merged",
    ),
    Endpoint(
        "PUT", "~/pulls/{number}/merge", WRITE, merge_pull, "merge-a-pull-request"
    ),
    Endpoint(
        "PUT",
        "~/pulls/{number}/update-branch",
        WRITE,
        update_branch,
        "update-a-pull-request-branch",
    ),
)
