"""REST: milestones [docs.github.com/rest/issues/milestones]."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, Reply, validation_failed
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import MILESTONE, serialize_labels, serialize_milestone

READ = "issues:read"
WRITE = "issues:write"
_STATES = ("open", "closed")


def list_milestones(context: AppContext, call: Call) -> Reply:
    """Milestones of a state, open ones unless another is asked for."""
    # Without a word, GitHub shows what is open.
    milestones = context.documents.list_all(MILESTONE)
    state = call.query.get("state") or "open"
    if state != "all":
        milestones = [one for one in milestones if one.fields["state"] == state]
    serialize = partial(serialize_milestone, context, call.origin)
    return paginate(call, milestones, serialize)


def create_milestone(context: AppContext, call: Call) -> Reply:
    """Make a milestone, with the next number there is."""
    fields = {"state": "open", **_read_fields(call)}
    if not fields.get("title"):
        details = validation_failed("Milestone", "title", "missing_field")
        raise call.invalid("Validation Failed", details)
    # Titles are unique among them.
    known = context.documents.list_all(MILESTONE)
    for milestone in known:
        if milestone.fields["title"] == fields["title"]:
            details = validation_failed("Milestone", "title", "already_exists")
            raise call.invalid("Validation Failed", details)
    # Numbers are never used twice, so a deleted one leaves a gap.
    number = context.documents.read_settings("milestones").get("last", 0) + 1
    context.documents.write_settings("milestones", {"last": number})
    milestone = context.documents.add(
        MILESTONE, fields, key=str(number), author=call.grant.login
    )
    body = serialize_milestone(context, call.origin, milestone)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_fields(call: Call) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if call.body.has_value("title"):
        fields["title"] = call.body.read_text("title")
    if "description" in call.body:
        fields["description"] = call.body.read_text("description") or None
    if call.body.has_value("state"):
        fields["state"] = call.body.read_choice("state", _STATES)
    if "due_on" in call.body:
        fields["due_on"] = _read_date(call)
    return fields


def _read_date(call: Call) -> str | None:
    """When a milestone is due; null for never."""
    text = call.body.read_text("due_on")
    if not text:
        return None
    try:
        return format_rfc3339(datetime.fromisoformat(text))
    except ValueError:
        message = "Invalid request.\n\nFor 'properties/due_on', it is no date-time."
        raise call.invalid(message) from None


def get_milestone(context: AppContext, call: Call) -> Reply:
    """One milestone."""
    milestone = _find(context, call)
    return Reply(body=serialize_milestone(context, call.origin, milestone))


def edit_milestone(context: AppContext, call: Call) -> Reply:
    """Change a milestone; what the request does not name stays."""
    milestone = context.documents.change(_find(context, call), _read_fields(call))
    return Reply(body=serialize_milestone(context, call.origin, milestone))


def delete_milestone(context: AppContext, call: Call) -> Reply:
    """Delete a milestone; its issues have none then."""
    context.documents.delete(_find(context, call))
    return Reply(204)


def list_milestone_labels(context: AppContext, call: Call) -> Reply:
    """The labels of the issues of a milestone."""
    number = int(_find(context, call).key)
    names: list[str] = []
    for issue in context.issues.list_issues(include_pulls=True):
        if issue.milestone == number:
            names += issue.labels
    return paginate(call, serialize_labels(context, call.origin, names), dict)


def _find(context: AppContext, call: Call) -> Document:
    try:
        return context.documents.find(MILESTONE, str(call.read_number("milestone")))
    except KeyError:
        raise call.not_found() from None


_MILESTONE = "~/milestones/{milestone}"
ROUTES = build_routes(
    "issues/milestones",
    Endpoint("GET", "~/milestones", READ, list_milestones, "list-milestones"),
    Endpoint("POST", "~/milestones", WRITE, create_milestone, "create-a-milestone"),
    Endpoint("GET", _MILESTONE, READ, get_milestone, "get-a-milestone"),
    Endpoint("PATCH", _MILESTONE, WRITE, edit_milestone, "update-a-milestone"),
    Endpoint("DELETE", _MILESTONE, WRITE, delete_milestone, "delete-a-milestone"),
    Endpoint(
        "GET",
        f"{_MILESTONE}/labels",
        "issues:read",
        list_milestone_labels,
        "list-labels-for-issues-in-a-milestone",
    ),
)
