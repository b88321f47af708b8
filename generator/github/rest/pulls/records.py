"""A pull request: an issue with two branches, and what git says of them.

While one is open its head and base are where the branches are; when it is closed they
stay as they were.
"""

from __future__ import annotations

from typing import NamedTuple

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Issue
from ...storage.documents import Document
from ...storage.git.commits import find_merge_base
from ...storage.git.objects import merge_trees, set_ref
from ..calls import Call
from ..git.merges import merge_commits
from ..git.pull_heads import PULL

REVIEW = "review"
REVIEW_COMMENT = "review_comment"


class Pull(NamedTuple):
    """A pull request; `base_sha` and `head_sha` are the ends of its branches."""

    issue: Issue
    document: Document
    base_sha: str
    head_sha: str

    @property
    def number(self) -> int:
        """The number it shares with the issues."""
        return self.issue.number

    @property
    def base(self) -> str:
        """The branch that is to be changed."""
        return self.document.read_text("base")

    @property
    def head(self) -> str:
        """The branch with the change."""
        return self.document.read_text("head")

    @property
    def is_merged(self) -> bool:
        """Whether its change is in the base by now."""
        return bool(self.document.fields.get("merged_at"))


def find_pull(context: AppContext, call: Call, name: str = "number") -> Pull:
    """The pull request whose number the path has; 404 where there is none."""
    issue = call.find(context.issues.get, name)
    if not issue.is_pull:
        raise call.not_found()
    return read_pull(context, issue)


def read_pull(context: AppContext, issue: Issue) -> Pull:
    """The pull request of an issue."""
    document = context.documents.find(PULL, str(issue.number))
    base_sha = document.read_text("base_sha")
    head_sha = document.read_text("head_sha")
    if issue.state == "open":
        base = context.git.resolve(f"refs/heads/{document.read_text('base')}")
        head = context.git.resolve(f"refs/heads/{document.read_text('head')}")
        # A branch may be gone; the pull request stays where it was.
        base_sha, head_sha = base or base_sha, head or head_sha
    return Pull(issue, document, base_sha, head_sha)


def list_pulls(context: AppContext, state: str) -> list[Pull]:
    """Pull requests of a state ("all": of any), newest first."""
    issues = context.issues.list_issues(state, include_pulls=True)
    return [read_pull(context, issue) for issue in issues if issue.is_pull]


def find_fork_point(context: AppContext, pull: Pull) -> str:
    """The commit that a pull request's changes begin after."""
    if pull.is_merged:
        return pull.document.read_text("fork_sha") or pull.base_sha
    return find_merge_base(context.git, pull.base_sha, pull.head_sha) or pull.base_sha


def is_mergeable(context: AppContext, pull: Pull) -> bool:
    """Whether its branches merge without a conflict."""
    return merge_trees(context.git, pull.base_sha, pull.head_sha) is not None


def find_merge_commit(context: AppContext, pull: Pull) -> str | None:
    """The commit that merged it, or the one that `refs/pull/N/merge` is; None for a conflict.

    As on GitHub the second is made anew whenever a branch has moved.
    """
    fields = pull.document.fields
    # Nothing moves a closed one any more.
    if pull.issue.state == "closed":
        return fields.get("merge_sha")
    ends = f"{pull.base_sha} {pull.head_sha}"
    if fields.get("merge_of") == ends:
        return fields.get("merge_sha")
    message = f"Merge {pull.head_sha} into {pull.base_sha}"
    commit = merge_commits(context, pull.base_sha, pull.head_sha, message)
    # Whoever fetches the pull request finds it under these refs.
    sha = None
    refs = f"refs/pull/{pull.number}"
    move_ref(context, f"{refs}/head", pull.head_sha)
    if commit is not None:
        sha = commit.sha
        move_ref(context, f"{refs}/merge", sha)
    context.documents.change(pull.document, {"merge_of": ends, "merge_sha": sha})
    return sha


def move_ref(context: AppContext, name: str, sha: str) -> None:
    """Let a ref lead to a commit, wherever it led before."""
    set_ref(context.git, name, sha, context.git.resolve(name))


def close_merged(context: AppContext, pull: Pull, sha: str, login: str) -> None:
    """Enter that a pull request has been merged by a commit."""
    fields = {
        "fork_sha": find_fork_point(context, pull),
        "base_sha": pull.base_sha,
        "head_sha": pull.head_sha,
        "merge_sha": sha,
        "merged_by": login,
        "merged_at": format_rfc3339(context.clock.now()),
    }
    context.documents.change(pull.document, fields)
    context.issues.update(pull.number, {"state": "closed"})
