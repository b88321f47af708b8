"""REST: comments on issues [docs.github.com/rest/issues/comments]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import serialize_comment
from .texts import require_comment_text

READ = "issues:read"
WRITE = "issues:write"


def list_comments(context: AppContext, call: Call) -> Reply:
    """An issue's comments, oldest first."""
    issue = call.find(context.issues.get, "number")
    comments = context.issues.list_comments(issue.number)
    return paginate(call, comments, partial(serialize_comment, context, call.origin))


def list_all_comments(context: AppContext, call: Call) -> Reply:
    """The comments on all issues and pull requests, oldest first."""
    comments = context.issues.list_all_comments()
    if call.query.get("direction") == "desc":
        comments.reverse()
    return paginate(call, comments, partial(serialize_comment, context, call.origin))


def add_comment(context: AppContext, call: Call) -> Reply:
    """Comment on an issue."""
    issue = call.find(context.issues.get, "number")
    text = require_comment_text(call, "IssueComment")
    if issue.is_locked and not call.grant.allows("contents", "write"):
        raise call.refusal(403, "Unable to create comment because issue is locked.")
    comment = context.issues.add_comment(issue.number, text, call.grant.login)
    body = serialize_comment(context, call.origin, comment)
    return Reply(201, body, headers={"Location": str(body["url"])})


def get_comment(context: AppContext, call: Call) -> Reply:
    """One comment."""
    comment = call.find(context.issues.get_comment, "comment_id")
    return Reply(body=serialize_comment(context, call.origin, comment))


def edit_comment(context: AppContext, call: Call) -> Reply:
    """Change a comment."""
    comment = call.find(context.issues.get_comment, "comment_id")
    text = require_comment_text(call, "IssueComment")
    comment = context.issues.update_comment(comment.id, text)
    return Reply(body=serialize_comment(context, call.origin, comment))


def delete_comment(context: AppContext, call: Call) -> Reply:
    """Delete a comment."""
    call.find(context.issues.delete_comment, "comment_id")
    return Reply(204)


ROUTES = build_routes(
    "issues/comments",
    Endpoint(
        "GET", "~/issues/{number}/comments", READ, list_comments, "list-issue-comments"
    ),
    Endpoint(
        "GET",
        "~/issues/comments",
        READ,
        list_all_comments,
        "list-issue-comments-for-a-repository",
    ),
    Endpoint(
        "POST",
        "~/issues/{number}/comments",
        WRITE,
        add_comment,
        "create-an-issue-comment",
    ),
    Endpoint(
        "GET",
        "~/issues/comments/{comment_id}",
        READ,
        get_comment,
        "get-an-issue-comment",
    ),
    Endpoint(
        "PATCH",
        "~/issues/comments/{comment_id}",
        WRITE,
        edit_comment,
        "update-an-issue-comment",
    ),
    Endpoint(
        "DELETE",
        "~/issues/comments/{comment_id}",
        WRITE,
        delete_comment,
        "delete-an-issue-comment",
    ),
)
