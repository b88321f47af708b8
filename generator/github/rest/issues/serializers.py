"""How REST shows issues, comments and labels [docs.github.com/rest/issues]."""

from __future__ import annotations

from collections.abc import Sequence

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Comment, Issue, Label
from ..calls import JsonObject
from ..serializers import serialize_instant, serialize_user


def serialize_issue(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    """An issue."""
    repository_url = f"{origin}/repos/{context.repository}"
    url = f"{repository_url}/issues/{issue.number}"
    return {
        "id": issue.number,
        "node_id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "user": serialize_user(issue.author),
        "labels": serialize_labels(context, issue.labels),
        "assignees": [],
        "assignee": None,
        "milestone": None,
        "locked": False,
        "comments": issue.comments,
        "created_at": format_rfc3339(issue.created_at),
        "updated_at": format_rfc3339(issue.updated_at),
        "closed_at": serialize_instant(issue.closed_at),
        "url": url,
        "comments_url": f"{url}/comments",
        "labels_url": f"{url}/labels{{/name}}",
        "html_url": f"{origin}/{context.repository}/issues/{issue.number}",
        "repository_url": repository_url,
    }


def serialize_comment(context: AppContext, origin: str, comment: Comment) -> JsonObject:
    """A comment."""
    issues = f"{origin}/repos/{context.repository}/issues"
    page = f"{origin}/{context.repository}/issues/{comment.issue_number}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "user": serialize_user(comment.author),
        "created_at": format_rfc3339(comment.created_at),
        "updated_at": format_rfc3339(comment.updated_at),
        "url": f"{issues}/comments/{comment.id}",
        "issue_url": f"{issues}/{comment.issue_number}",
        "html_url": f"{page}#issuecomment-{comment.id}",
    }


def serialize_label(label: Label) -> JsonObject:
    """A label."""
    return {
        "id": label.id,
        "node_id": f"LA_{label.name}",
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "default": False,
    }


def serialize_labels(context: AppContext, names: Sequence[str]) -> list[JsonObject]:
    """The labels of some names."""
    return [serialize_label(label) for label in context.issues.list_labels(names)]
