"""How REST shows pull requests, reviews and comments on lines [docs.github.com/rest/pulls]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Issue
from ...storage.documents import Document
from ...storage.git.changes import list_changes
from ...storage.git.commits import Range, count_commits
from ..calls import JsonObject
from ..issues.serializers import (
    count_reactions,
    find_milestone,
    name_association,
    serialize_labels,
)
from ..schemas.commits import count_changes
from ..schemas.repositories import serialize_repository
from ..schemas.users import serialize_user
from ..serializers import serialize_instant
from .records import (
    REVIEW_COMMENT,
    Pull,
    find_fork_point,
    find_merge_commit,
    is_mergeable,
)


def serialize_pull_simple(context: AppContext, origin: str, pull: Pull) -> JsonObject:
    """A `pull-request-simple`, as lists show it."""
    issue, fields = pull.issue, pull.document.fields
    person = partial(serialize_user, origin)
    return {
        **_list_links(context, origin, pull),
        **_serialize_issue_side(context, origin, issue),
        "id": pull.document.id,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "merged_at": fields.get("merged_at"),
        "merge_commit_sha": find_merge_commit(context, pull),
        "requested_reviewers": list(map(person, fields.get("reviewers", []))),
        "requested_teams": [],
        "head": _serialize_end(context, origin, pull.head, pull.head_sha),
        "base": _serialize_end(context, origin, pull.base, pull.base_sha),
        "author_association": name_association(context, issue.author),
        "auto_merge": None,
        "draft": bool(fields.get("draft")),
    }


def _serialize_issue_side(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    """What a pull request has as an issue."""
    assignees = list(map(partial(serialize_user, origin), issue.assignees))
    body: JsonObject = {
        "state": issue.state,
        "locked": issue.is_locked,
        "active_lock_reason": issue.lock_reason or None,
        "title": issue.title,
        "user": serialize_user(origin, issue.author),
        "body": issue.body or None,
        "labels": serialize_labels(context, origin, issue.labels),
        "milestone": find_milestone(context, origin, issue.milestone),
        "created_at": format_rfc3339(issue.created_at),
        "updated_at": format_rfc3339(issue.updated_at),
        "closed_at": serialize_instant(issue.closed_at),
        "assignee": None,
        "assignees": assignees,
    }
    # The first of them stands alone, too: there could be only one once.
    if assignees:
        body["assignee"] = assignees[0]
    return body


def serialize_pull(context: AppContext, origin: str, pull: Pull) -> JsonObject:
    """A `pull-request`, as its own address shows it."""
    body = serialize_pull_simple(context, origin, pull)
    fork = find_fork_point(context, pull)
    changes = list_changes(context.git, fork, pull.head_sha)
    counts = count_changes(changes)
    comments = context.documents.list_all(REVIEW_COMMENT, pull.number)
    mergeable = None
    state = "unknown"
    if pull.issue.state == "open":
        mergeable = is_mergeable(context, pull)
        state = "dirty"
        if mergeable:
            state = "clean"
    merged_by = None
    if pull.is_merged:
        merged_by = serialize_user(origin, pull.document.read_text("merged_by"))
    return body | {
        "merged": pull.is_merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": merged_by,
        "comments": pull.issue.comments,
        "review_comments": len(comments),
        "maintainer_can_modify": bool(
            pull.document.fields.get("maintainer_can_modify")
        ),
        "commits": count_commits(context.git, Range(pull.head_sha, fork)),
        "additions": counts["additions"],
        "deletions": counts["deletions"],
        "changed_files": len(changes),
    }


def _serialize_end(
    context: AppContext, origin: str, branch: str, sha: str
) -> JsonObject:
    """The head or base of a pull request."""
    return {
        "label": f"{context.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": serialize_user(origin, context.owner),
        "repo": serialize_repository(context, origin),
    }


def _list_links(context: AppContext, origin: str, pull: Pull) -> JsonObject:
    api = f"{origin}/repos/{context.repository}"
    url = f"{api}/pulls/{pull.number}"
    issue = f"{api}/issues/{pull.number}"
    page = f"{origin}/{context.repository}/pull/{pull.number}"
    links: JsonObject = {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": f"{api}/statuses/{pull.head_sha}",
    }
    links["_links"] = {
        "self": {"href": url},
        "html": {"href": page},
        "issue": {"href": issue},
        "comments": {"href": f"{issue}/comments"},
        "review_comments": {"href": f"{url}/comments"},
        "review_comment": {"href": f"{api}/pulls/comments{{/number}}"},
        "commits": {"href": f"{url}/commits"},
        "statuses": {"href": f"{api}/statuses/{pull.head_sha}"},
    }
    return links


def serialize_review(context: AppContext, origin: str, review: Document) -> JsonObject:
    """A `pull-request-review`; one that is pending has not been submitted."""
    number = review.parent
    pull = f"{origin}/repos/{context.repository}/pulls/{number}"
    anchor = f"pullrequestreview-{review.id}"
    page = f"{origin}/{context.repository}/pull/{number}#{anchor}"
    body: JsonObject = {
        "id": review.id,
        "node_id": f"PRR_{review.id}",
        "user": serialize_user(origin, review.author),
        "body": review.read_text("body"),
        "state": review.fields["state"],
        "html_url": page,
        "pull_request_url": pull,
        "author_association": name_association(context, review.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        "commit_id": review.fields.get("commit_id"),
    }
    if review.fields.get("submitted_at"):
        body["submitted_at"] = review.fields["submitted_at"]
    return body


def serialize_review_comment(
    context: AppContext, origin: str, comment: Document
) -> JsonObject:
    """A `pull-request-review-comment`, on a line of a file or on the whole of it."""
    number = comment.parent
    api = f"{origin}/repos/{context.repository}/pulls"
    url = f"{api}/comments/{comment.id}"
    page = f"{origin}/{context.repository}/pull/{number}#discussion_r{comment.id}"
    body: JsonObject = {
        **_serialize_place(comment),
        "id": comment.id,
        "node_id": f"PRRC_{comment.id}",
        "url": url,
        "html_url": page,
        "pull_request_url": f"{api}/{number}",
        "pull_request_review_id": comment.fields.get("review_id"),
        "commit_id": comment.read_text("commit_id"),
        "original_commit_id": comment.read_text("commit_id"),
        "user": serialize_user(origin, comment.author),
        "body": comment.read_text("body"),
        "created_at": format_rfc3339(comment.created_at),
        "updated_at": format_rfc3339(comment.updated_at),
        "author_association": name_association(context, comment.author),
        "reactions": count_reactions(context, url, f"pulls/comments/{comment.id}"),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": f"{api}/{number}"},
        },
    }
    # Only an answer has one.
    if comment.fields.get("in_reply_to_id"):
        body["in_reply_to_id"] = comment.fields["in_reply_to_id"]
    return body


def _serialize_place(comment: Document) -> JsonObject:
    """Where a comment stands: as it was made, since lines are not followed here."""
    fields = comment.fields
    position = fields.get("position") or 1
    place: JsonObject = {
        "diff_hunk": comment.read_text("diff_hunk"),
        "path": comment.read_text("path"),
        "position": position,
        "original_position": position,
        "start_line": fields.get("start_line"),
        "original_start_line": fields.get("start_line"),
        "start_side": fields.get("start_side"),
        "side": fields.get("side") or "RIGHT",
        "subject_type": fields.get("subject_type") or "line",
    }
    # A comment on a whole file lies at no line.
    if fields.get("line") is not None:
        place["line"] = fields["line"]
        place["original_line"] = fields["line"]
    return place
