"""REST: issues, comments and labels [docs.github.com/rest/issues]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ...context import AppContext
from ...core.clock import rfc3339
from ...core.errors import invalid, not_found
from ...core.models import Comment, Issue
from ..actions.serializers import user_body
from ..router import Call, Reply, listing, table, text_field, window
from .labels import given_labels, known_issue, label_body
from .search import search_issues

_STATES = ("open", "closed")
_REASONS = ("completed", "not_planned", "reopened", "duplicate")


def issue_body(context: AppContext, issue: Issue, origin: str) -> dict[str, object]:
    """An issue as REST shows it."""
    url = f"{origin}/repos/{context.repository}/issues/{issue.number}"
    return {
        "id": issue.number,
        "node_id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "user": user_body(issue.author),
        "labels": [label_body(label) for label in context.issues.labels(issue.labels)],
        "assignees": [],
        "assignee": None,
        "milestone": None,
        "locked": False,
        "comments": issue.comments,
        "created_at": rfc3339(issue.created_at),
        "updated_at": rfc3339(issue.updated_at),
        "closed_at": None if issue.closed_at is None else rfc3339(issue.closed_at),
        "url": url,
        "comments_url": f"{url}/comments",
        "labels_url": f"{url}/labels{{/name}}",
        "html_url": f"{origin}/{context.repository}/issues/{issue.number}",
        "repository_url": f"{origin}/repos/{context.repository}",
    }


def comment_body(
    context: AppContext, comment: Comment, origin: str
) -> dict[str, object]:
    """A comment as REST shows it."""
    page = f"{origin}/{context.repository}/issues/{comment.issue_number}#issuecomment-{comment.id}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "user": user_body(comment.author),
        "created_at": rfc3339(comment.created_at),
        "updated_at": rfc3339(comment.updated_at),
        "url": f"{origin}/repos/{context.repository}/issues/comments/{comment.id}",
        "issue_url": f"{origin}/repos/{context.repository}/issues/{comment.issue_number}",
        "html_url": page,
    }


def _known_comment(context: AppContext, call: Call) -> Comment:
    try:
        return context.issues.get_comment(call.number("comment_id"))
    except KeyError:
        raise not_found(call.docs) from None


def _one_of(call: Call, name: str, allowed: Sequence[str]) -> str:
    value = text_field(call, name)
    if value not in allowed:
        raise invalid(
            f"Invalid request.\n\n{value} is not a member of {list(allowed)}.",
            docs=call.docs,
        )
    return value


def list_issues(context: AppContext, call: Call) -> Reply:
    """Issues, newest first; `state` and `labels` as on GitHub."""
    labels = [label for label in call.query.get("labels", "").split(",") if label]
    found = context.issues.select(call.query.get("state", "open"), labels)
    if creator := call.query.get("creator"):
        found = [issue for issue in found if issue.author == creator]
    if call.query.get("direction") == "asc":
        found.reverse()
    offset, size = window(call)
    return listing(
        call,
        [
            issue_body(context, issue, call.origin)
            for issue in found[offset : offset + size]
        ],
        len(found),
    )


def find_issues(context: AppContext, call: Call) -> Reply:
    """Search issues."""
    found = search_issues(context.issues, call.query.get("q", ""))
    offset, size = window(call)
    shown = [
        issue_body(context, issue, call.origin)
        for issue in found[offset : offset + size]
    ]
    reply = listing(call, shown, len(found), "items")
    return Reply(
        body={**cast("dict[str, object]", reply.body), "incomplete_results": False},
        headers=reply.headers,
    )


def open_issue(context: AppContext, call: Call) -> Reply:
    """Open an issue."""
    title = text_field(call, "title")
    if not title:
        raise invalid(
            "Validation Failed",
            docs=call.docs,
            errors=[{"resource": "Issue", "field": "title", "code": "missing_field"}],
        )
    issue = context.issues.open(
        title, text_field(call, "body"), call.grant.login, given_labels(call, call.body)
    )
    return Reply(201, issue_body(context, issue, call.origin))


def get_issue(context: AppContext, call: Call) -> Reply:
    """One issue."""
    return Reply(body=issue_body(context, known_issue(context, call), call.origin))


def edit_issue(context: AppContext, call: Call) -> Reply:
    """Change an issue; closing it says why."""
    issue = known_issue(context, call)
    changes: dict[str, object] = {
        name: text_field(call, name) for name in ("title", "body") if name in call.body
    }
    if "state" in call.body:
        changes["state"] = _one_of(call, "state", _STATES)
        changes["state_reason"] = (
            "completed" if changes["state"] == "closed" else "reopened"
        )
    if call.body.get("state_reason") is not None:
        changes["state_reason"] = _one_of(call, "state_reason", _REASONS)
    if "labels" in call.body:
        changes["labels"] = given_labels(call, call.body)
    return Reply(
        body=issue_body(
            context, context.issues.edit(issue.number, **changes), call.origin
        )
    )


def list_comments(context: AppContext, call: Call) -> Reply:
    """An issue's comments, oldest first."""
    found = context.issues.comments(known_issue(context, call).number)
    offset, size = window(call)
    return listing(
        call,
        [
            comment_body(context, one, call.origin)
            for one in found[offset : offset + size]
        ],
        len(found),
    )


def add_comment(context: AppContext, call: Call) -> Reply:
    """Comment on an issue."""
    issue = known_issue(context, call)
    comment = context.issues.comment(
        issue.number, text_field(call, "body"), call.grant.login
    )
    return Reply(201, comment_body(context, comment, call.origin))


def get_comment(context: AppContext, call: Call) -> Reply:
    """One comment."""
    return Reply(body=comment_body(context, _known_comment(context, call), call.origin))


def edit_comment(context: AppContext, call: Call) -> Reply:
    """Change a comment."""
    comment = context.issues.edit_comment(
        _known_comment(context, call).id, text_field(call, "body")
    )
    return Reply(body=comment_body(context, comment, call.origin))


def delete_comment(context: AppContext, call: Call) -> Reply:
    """Delete a comment."""
    context.issues.delete_comment(_known_comment(context, call).id)
    return Reply(204)


ROUTES = (
    *table(
        "issues/issues",
        {
            "GET ~/issues": (list_issues, "issues:read", "list-repository-issues"),
            "GET /search/issues": (find_issues, "issues:read", "search-issues"),
            "POST ~/issues": (open_issue, "issues:write", "create-an-issue"),
            "GET ~/issues/{number}": (get_issue, "issues:read", "get-an-issue"),
            "PATCH ~/issues/{number}": (edit_issue, "issues:write", "update-an-issue"),
        },
    ),
    *table(
        "issues/comments",
        {
            "GET ~/issues/{number}/comments": (
                list_comments,
                "issues:read",
                "list-issue-comments",
            ),
            "POST ~/issues/{number}/comments": (
                add_comment,
                "issues:write",
                "create-an-issue-comment",
            ),
            "GET ~/issues/comments/{comment_id}": (
                get_comment,
                "issues:read",
                "get-an-issue-comment",
            ),
            "PATCH ~/issues/comments/{comment_id}": (
                edit_comment,
                "issues:write",
                "update-an-issue-comment",
            ),
            "DELETE ~/issues/comments/{comment_id}": (
                delete_comment,
                "issues:write",
                "delete-an-issue-comment",
            ),
        },
    ),
)
