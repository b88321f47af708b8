"""REST: comments on lines of pull requests [docs.github.com/rest/pulls/comments]."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...context import AppContext
from ...storage.documents import Document
from ...storage.git.changes import list_changes
from ..calls import Body, Call, JsonObject, Reply
from ..issues.texts import require_comment_text
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import REVIEW_COMMENT, Pull, find_fork_point, find_pull
from .serializers import serialize_review_comment

READ = "pull-requests:read"
WRITE = "pull-requests:write"
_NUMBERS = ("line", "start_line", "position")
_TEXTS = ("side", "start_side", "subject_type")


def list_all_comments(context: AppContext, call: Call) -> Reply:
    """The comments on lines of all pull requests."""
    comments = context.documents.list_all(REVIEW_COMMENT)
    return _reply_list(context, call, comments)


def list_comments(context: AppContext, call: Call) -> Reply:
    """The comments on lines of one pull request."""
    number = find_pull(context, call).number
    comments = context.documents.list_all(REVIEW_COMMENT, number)
    return _reply_list(context, call, comments)


def _reply_list(context: AppContext, call: Call, comments: list[Document]) -> Reply:
    serialize = partial(serialize_review_comment, context, call.origin)
    return paginate(call, comments, serialize)


def create_comment(context: AppContext, call: Call) -> Reply:
    """Comment on a line or a file that a pull request changes."""
    pull = find_pull(context, call)
    if call.body.has_value("in_reply_to"):
        place = _follow(context, call, int(call.body.read_float("in_reply_to")))
    else:
        place = read_place(call, call.body, pull)
    return _reply_new(context, call, add_comment(context, call, pull, place))


def read_place(call: Call, fields: Body, pull: Pull) -> dict[str, object]:
    """Where a comment is to stand, with its text."""
    place: dict[str, object] = {
        "body": fields.require_text("body"),
        "path": fields.require_text("path"),
        "commit_id": fields.read_text("commit_id") or pull.head_sha,
    }
    for name in _NUMBERS:
        if fields.has_value(name):
            place[name] = int(fields.read_float(name))
    for name in _TEXTS:
        if fields.has_value(name):
            place[name] = fields.read_text(name)
    # `position`, which counts lines of the diff, is the older way to say it.
    is_of_file = place.get("subject_type") == "file"
    if not is_of_file and not ("line" in place or "position" in place):
        raise call.invalid('Invalid request.\n\n"line" wasn\'t supplied.')
    return place


def add_comment(
    context: AppContext, call: Call, pull: Pull, fields: Mapping[str, object]
) -> Document:
    """Store a comment; 422 on a file that the pull request does not change."""
    fork = find_fork_point(context, pull)
    hunks = {}
    for change in list_changes(context.git, fork, pull.head_sha):
        hunks[change.path] = change.patch
    path = str(fields["path"])
    if path not in hunks:
        fault = {
            "resource": "PullRequestReviewComment",
            "code": "invalid",
            "field": "path",
        }
        raise call.invalid("Validation Failed", [fault])
    return context.documents.add(
        REVIEW_COMMENT,
        {**fields, "diff_hunk": hunks[path]},
        parent=pull.number,
        author=call.grant.login,
    )


def _follow(context: AppContext, call: Call, comment_id: int) -> dict[str, object]:
    """The place of an answer: that of the comment which is answered."""
    try:
        first = context.documents.get(REVIEW_COMMENT, comment_id)
    except KeyError:
        raise call.not_found() from None
    text = require_comment_text(call, "PullRequestReviewComment")
    return {**first.fields, "body": text, "in_reply_to_id": first.id}


def reply_to_comment(context: AppContext, call: Call) -> Reply:
    """Answer a comment."""
    pull = find_pull(context, call)
    place = _follow(context, call, call.read_number("comment_id"))
    return _reply_new(context, call, add_comment(context, call, pull, place))


def _reply_new(context: AppContext, call: Call, comment: Document) -> Reply:
    body = serialize_review_comment(context, call.origin, comment)
    return Reply(201, body, headers={"Location": str(body["url"])})


def get_comment(context: AppContext, call: Call) -> Reply:
    """One comment."""
    return Reply(body=_show(context, call, _find(context, call)))


def edit_comment(context: AppContext, call: Call) -> Reply:
    """Change what a comment says."""
    text = require_comment_text(call, "PullRequestReviewComment")
    comment = context.documents.change(_find(context, call), {"body": text})
    return Reply(body=_show(context, call, comment))


def delete_comment(context: AppContext, call: Call) -> Reply:
    """Delete a comment."""
    context.documents.delete(_find(context, call))
    return Reply(204)


def _find(context: AppContext, call: Call) -> Document:
    return call.find(partial(context.documents.get, REVIEW_COMMENT), "comment_id")


def _show(context: AppContext, call: Call, comment: Document) -> JsonObject:
    return serialize_review_comment(context, call.origin, comment)


_COMMENT = "~/pulls/comments/{comment_id}"
ROUTES = build_routes(
    "pulls/comments",
    Endpoint(
        "GET",
        "~/pulls/comments",
        READ,
        list_all_comments,
        "list-review-comments-in-a-repository",
    ),
    Endpoint(
        "GET",
        _COMMENT,
        READ,
        get_comment,
        "get-a-review-comment-for-a-pull-request",
    ),
    Endpoint(
        "PATCH",
        _COMMENT,
        WRITE,
        edit_comment,
        "update-a-review-comment-for-a-pull-request",
    ),
    Endpoint(
        "DELETE",
        _COMMENT,
        WRITE,
        delete_comment,
        "delete-a-review-comment-for-a-pull-request",
    ),
    Endpoint(
        "GET",
        "~/pulls/{number}/comments",
        READ,
        list_comments,
        "list-review-comments-on-a-pull-request",
    ),
    Endpoint(
        "POST",
        "~/pulls/{number}/comments",
        WRITE,
        create_comment,
        "create-a-review-comment-for-a-pull-request",
    ),
    Endpoint(
        "POST",
        "~/pulls/{number}/comments/{comment_id}/replies",
        WRITE,
        reply_to_comment,
        "create-a-reply-for-a-review-comment",
    ),
)
