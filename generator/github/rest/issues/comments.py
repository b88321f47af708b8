"""REST: comments on issues [docs.github.com/rest/issues/comments]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import serialize_comment

READ = "issues:read"
WRITE = "issues:write"


def list_comments(context: AppContext, call: Call) -> Reply:
    """An issue's comments, oldest first."""
    issue = call.find(context.issues.get, "number")
    comments = context.issues.list_comments(issue.number)
    return paginate(call, comments, partial(serialize_comment, context, call.origin))


def add_comment(context: AppContext, call: Call) -> Reply:
    """Comment on an issue."""
    issue = call.find(context.issues.get, "number")
    text = call.body.read_text("body")
    comment = context.issues.add_comment(issue.number, text, call.grant.login)
    return Reply(201, serialize_comment(context, call.origin, comment))


def get_comment(context: AppContext, call: Call) -> Reply:
    """One comment."""
    comment = call.find(context.issues.get_comment, "comment_id")
    return Reply(body=serialize_comment(context, call.origin, comment))


def edit_comment(context: AppContext, call: Call) -> Reply:
    """Change a comment."""
    comment = call.find(context.issues.get_comment, "comment_id")
    text = call.body.read_text("body")
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
