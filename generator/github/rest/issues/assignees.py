"""REST: assignees and locks of issues [docs.github.com/rest/issues/assignees]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.users import serialize_user
from .serializers import serialize_issue

READ = "issues:read"
WRITE = "issues:write"
_REASONS = ("off-topic", "too heated", "resolved", "spam")
MOST_ASSIGNEES = 10


def list_assignees(context: AppContext, call: Call) -> Reply:
    """Who can be assigned: the owner."""
    return paginate(call, [context.owner], partial(serialize_user, call.origin))


def check_assignee(context: AppContext, call: Call) -> Reply:
    """204 for who can be assigned, 404 for who cannot."""
    if call.path["assignee"].lower() != context.owner.lower():
        raise call.not_found()
    # The same question about one issue, which has to be there.
    if "number" in call.path:
        call.find(context.issues.get, "number")
    return Reply(204)


def add_assignees(context: AppContext, call: Call) -> Reply:
    """Assign an issue to some more; who cannot be assigned is passed over, as on GitHub."""
    issue = call.find(context.issues.get, "number")
    logins = [*issue.assignees, *_read_known(context, call)]
    # Each once.
    assignees = list(dict.fromkeys(logins))[:MOST_ASSIGNEES]
    issue = context.issues.update(issue.number, {"assignees": assignees})
    return Reply(201, serialize_issue(context, call.origin, issue))


def remove_assignees(context: AppContext, call: Call) -> Reply:
    """Take an issue from some."""
    issue = call.find(context.issues.get, "number")
    removed = _read_known(context, call)
    remaining = [login for login in issue.assignees if login not in removed]
    issue = context.issues.update(issue.number, {"assignees": remaining})
    return Reply(body=serialize_issue(context, call.origin, issue))


def _read_known(context: AppContext, call: Call) -> list[str]:
    logins = call.body.read_texts("assignees")
    return [login for login in logins if login.lower() == context.owner.lower()]


def lock_issue(context: AppContext, call: Call) -> Reply:
    """Let only those comment who may write."""
    issue = call.find(context.issues.get, "number")
    reason = ""
    if call.body.has_value("lock_reason"):
        reason = call.body.read_choice("lock_reason", _REASONS)
    context.issues.update(issue.number, {"lock_reason": reason})
    return Reply(204)


def unlock_issue(context: AppContext, call: Call) -> Reply:
    """Let everybody comment again."""
    issue = call.find(context.issues.get, "number")
    context.issues.update(issue.number, {"lock_reason": None})
    return Reply(204)


ROUTES = build_routes(
    "issues/assignees",
    Endpoint("GET", "~/assignees", READ, list_assignees, "list-assignees"),
    Endpoint(
        "GET",
        "~/assignees/{assignee}",
        READ,
        check_assignee,
        "check-if-a-user-can-be-assigned",
    ),
    Endpoint(
        "GET",
        "~/issues/{number}/assignees/{assignee}",
        READ,
        check_assignee,
        "check-if-a-user-can-be-assigned-to-a-issue",
    ),
    Endpoint(
        "POST",
        "~/issues/{number}/assignees",
        WRITE,
        add_assignees,
        "add-assignees-to-an-issue",
    ),
    Endpoint(
        "DELETE",
        "~/issues/{number}/assignees",
        WRITE,
        remove_assignees,
        "remove-assignees-from-an-issue",
    ),
    Endpoint("PUT", "~/issues/{number}/lock", WRITE, lock_issue, "lock-an-issue"),
    Endpoint(
        "DELETE", "~/issues/{number}/lock", WRITE, unlock_issue, "unlock-an-issue"
    ),
)
