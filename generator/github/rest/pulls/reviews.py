"""REST: reviews of pull requests [docs.github.com/rest/pulls/reviews]."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Body, Call, Reply
from ..issues.texts import read_comment_text
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import REVIEW, REVIEW_COMMENT, Pull, find_pull
from .review_comments import add_comment, read_place
from .serializers import serialize_review, serialize_review_comment

READ = "pull-requests:read"
WRITE = "pull-requests:write"
_STATES = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}
_PENDING = "PENDING"


def list_reviews(context: AppContext, call: Call) -> Reply:
    """The reviews of a pull request, oldest first."""
    reviews = context.documents.list_all(REVIEW, find_pull(context, call).number)
    return paginate(call, reviews, partial(serialize_review, context, call.origin))


def create_review(context: AppContext, call: Call) -> Reply:
    """Review a pull request; without `event` the review is pending."""
    pull = find_pull(context, call)
    text = read_comment_text(call, "body", "PullRequestReview")
    fields = {
        "body": text,
        "commit_id": call.body.read_text("commit_id") or pull.head_sha,
        "state": _PENDING,
    }
    if call.body.has_value("event"):
        fields |= _read_verdict(context, call, text, pull)
    places = []
    for entry in call.body.read_list("comments"):
        if not isinstance(entry, dict):
            raise call.invalid("Invalid request.\n\nA comment is an object.")
        places.append(read_place(call, Body(entry, call.docs), pull))
    # Only now that all of it can be read: nothing is stored of a request that is refused.
    review = context.documents.add(
        REVIEW, fields, parent=pull.number, author=call.grant.login
    )
    for place in places:
        add_comment(context, call, pull, {**place, "review_id": review.id})
    return Reply(body=serialize_review(context, call.origin, review))


def _read_verdict(
    context: AppContext, call: Call, text: str, pull: Pull
) -> dict[str, str]:
    """The state that a review ends with; 422 for a verdict that may not be."""
    event = call.body.read_choice("event", list(_STATES))
    if event != "APPROVE" and not text.strip():
        raise call.invalid("Unprocessable Entity: a review says something")
    # A comment is what remains to authors.
    if event != "COMMENT" and call.grant.login == pull.issue.author:
        verb = {"APPROVE": "approve"}.get(event, "request changes on")
        complaint = f"Can not {verb} your own pull request"
        raise call.invalid(f"Unprocessable Entity: {complaint}")
    return {
        "state": _STATES[event],
        "submitted_at": format_rfc3339(context.clock.now()),
    }


def get_review(context: AppContext, call: Call) -> Reply:
    """One review."""
    return _reply(context, call, _find(context, call))


def edit_review(context: AppContext, call: Call) -> Reply:
    """Change what a review says."""
    review = _find(context, call)
    text = read_comment_text(call, "body", "PullRequestReview")
    return _store(context, call, review, {"body": text})


def delete_review(context: AppContext, call: Call) -> Reply:
    """Delete a review that is pending."""
    review = _find(context, call)
    if review.fields["state"] != _PENDING:
        raise call.invalid("Can not delete a non-pending pull request review")
    context.documents.delete(review)
    return _reply(context, call, review)


def submit_review(context: AppContext, call: Call) -> Reply:
    """Submit a review that is pending."""
    review = _find(context, call)
    text = read_comment_text(call, "body", "PullRequestReview")
    text = text or review.read_text("body")
    verdict = _read_verdict(context, call, text, find_pull(context, call))
    return _store(context, call, review, {"body": text, **verdict})


def dismiss_review(context: AppContext, call: Call) -> Reply:
    """Dismiss a review that approved or asked for changes."""
    review = _find(context, call)
    call.body.require_text("message")
    if review.fields["state"] in (_PENDING, "COMMENTED", "DISMISSED"):
        raise call.invalid("Can not dismiss a review in that state")
    return _store(context, call, review, {"state": "DISMISSED"})


def list_review_comments(context: AppContext, call: Call) -> Reply:
    """The comments of one review."""
    review = _find(context, call)
    # Comments belong to the pull request, and some of them to a review.
    found = context.documents.list_all(REVIEW_COMMENT, review.parent)
    comments = [one for one in found if one.fields.get("review_id") == review.id]
    serialize = partial(serialize_review_comment, context, call.origin)
    return paginate(call, comments, serialize)


def _find(context: AppContext, call: Call) -> Document:
    """The review that the path names, if it is of that pull request."""
    pull = find_pull(context, call)
    review = call.find(partial(context.documents.get, REVIEW), "review_id")
    if review.parent != str(pull.number):
        raise call.not_found()
    return review


def _store(
    context: AppContext, call: Call, review: Document, fields: Mapping[str, str]
) -> Reply:
    return _reply(context, call, context.documents.change(review, fields))


def _reply(context: AppContext, call: Call, review: Document) -> Reply:
    return Reply(body=serialize_review(context, call.origin, review))


_REVIEWS = "~/pulls/{number}/reviews"
_REVIEW = f"{_REVIEWS}/{{review_id}}"
ROUTES = build_routes(
    "pulls/reviews",
    Endpoint("GET", _REVIEWS, READ, list_reviews, "list-reviews-for-a-pull-request"),
    Endpoint(
        "POST", _REVIEWS, WRITE, create_review, "create-a-review-for-a-pull-request"
    ),
    Endpoint("GET", _REVIEW, READ, get_review, "get-a-review-for-a-pull-request"),
    Endpoint("PUT", _REVIEW, WRITE, edit_review, "update-a-review-for-a-pull-request"),
    Endpoint(
        "DELETE",
        _REVIEW,
        WRITE,
        delete_review,
        "delete-a-pending-review-for-a-pull-request",
    ),
    Endpoint(
        "GET",
        f"{_REVIEW}/comments",
        READ,
        list_review_comments,
        "list-comments-for-a-pull-request-review",
    ),
    Endpoint(
        "PUT",
        f"{_REVIEW}/dismissals",
        WRITE,
        dismiss_review,
        "dismiss-a-review-for-a-pull-request",
    ),
    Endpoint(
        "POST",
        f"{_REVIEW}/events",
        WRITE,
        submit_review,
        "submit-a-review-for-a-pull-request",
    ),
)
