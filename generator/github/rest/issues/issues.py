"""REST: issues, comments and labels [docs.github.com/rest/issues]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ...context import Site
from ...core.clock import rfc3339
from ...core.errors import invalid, not_found
from ...core.models import Comment, Issue
from ..actions.serializers import user_body
from ..router import Call, Reply, listing, table, text_field, window
from .labels import given_labels, known_issue, label_body
from .search import search_issues

_STATES = ("open", "closed")
_REASONS = ("completed", "not_planned", "reopened", "duplicate")


def issue_body(site: Site, issue: Issue, origin: str) -> dict[str, object]:
    """An issue as REST shows it."""
    url = f"{origin}/repos/{site.repository}/issues/{issue.number}"
    return {
        "id": issue.number,
        "node_id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "user": user_body(issue.author),
        "labels": [label_body(label) for label in site.issues.labels(issue.labels)],
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
        "html_url": f"{origin}/{site.repository}/issues/{issue.number}",
        "repository_url": f"{origin}/repos/{site.repository}",
    }


def comment_body(site: Site, comment: Comment, origin: str) -> dict[str, object]:
    """A comment as REST shows it."""
    page = f"{origin}/{site.repository}/issues/{comment.issue_number}#issuecomment-{comment.id}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "user": user_body(comment.author),
        "created_at": rfc3339(comment.created_at),
        "updated_at": rfc3339(comment.updated_at),
        "url": f"{origin}/repos/{site.repository}/issues/comments/{comment.id}",
        "issue_url": f"{origin}/repos/{site.repository}/issues/{comment.issue_number}",
        "html_url": page,
    }


def _known_comment(site: Site, call: Call) -> Comment:
    try:
        return site.issues.get_comment(call.number("comment_id"))
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


def list_issues(site: Site, call: Call) -> Reply:
    """Issues, newest first; `state` and `labels` as on GitHub."""
    labels = [label for label in call.query.get("labels", "").split(",") if label]
    found = site.issues.select(call.query.get("state", "open"), labels)
    if creator := call.query.get("creator"):
        found = [issue for issue in found if issue.author == creator]
    if call.query.get("direction") == "asc":
        found.reverse()
    offset, size = window(call)
    return listing(
        call,
        [
            issue_body(site, issue, call.origin)
            for issue in found[offset : offset + size]
        ],
        len(found),
    )


def find_issues(site: Site, call: Call) -> Reply:
    """Search issues."""
    found = search_issues(site.issues, call.query.get("q", ""))
    offset, size = window(call)
    shown = [
        issue_body(site, issue, call.origin) for issue in found[offset : offset + size]
    ]
    reply = listing(call, shown, len(found), "items")
    return Reply(
        body={**cast("dict[str, object]", reply.body), "incomplete_results": False},
        headers=reply.headers,
    )


def open_issue(site: Site, call: Call) -> Reply:
    """Open an issue."""
    title = text_field(call, "title")
    if not title:
        raise invalid(
            "Validation Failed",
            docs=call.docs,
            errors=[{"resource": "Issue", "field": "title", "code": "missing_field"}],
        )
    issue = site.issues.open(
        title, text_field(call, "body"), call.grant.login, given_labels(call, call.body)
    )
    return Reply(201, issue_body(site, issue, call.origin))


def get_issue(site: Site, call: Call) -> Reply:
    """One issue."""
    return Reply(body=issue_body(site, known_issue(site, call), call.origin))


def edit_issue(site: Site, call: Call) -> Reply:
    """Change an issue; closing it says why."""
    issue = known_issue(site, call)
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
        body=issue_body(site, site.issues.edit(issue.number, **changes), call.origin)
    )


def list_comments(site: Site, call: Call) -> Reply:
    """An issue's comments, oldest first."""
    found = site.issues.comments(known_issue(site, call).number)
    offset, size = window(call)
    return listing(
        call,
        [comment_body(site, one, call.origin) for one in found[offset : offset + size]],
        len(found),
    )


def add_comment(site: Site, call: Call) -> Reply:
    """Comment on an issue."""
    issue = known_issue(site, call)
    comment = site.issues.comment(
        issue.number, text_field(call, "body"), call.grant.login
    )
    return Reply(201, comment_body(site, comment, call.origin))


def get_comment(site: Site, call: Call) -> Reply:
    """One comment."""
    return Reply(body=comment_body(site, _known_comment(site, call), call.origin))


def edit_comment(site: Site, call: Call) -> Reply:
    """Change a comment."""
    comment = site.issues.edit_comment(
        _known_comment(site, call).id, text_field(call, "body")
    )
    return Reply(body=comment_body(site, comment, call.origin))


def delete_comment(site: Site, call: Call) -> Reply:
    """Delete a comment."""
    site.issues.delete_comment(_known_comment(site, call).id)
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
