"""REST: who is asked for a review [docs.github.com/rest/pulls/review-requests]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from ..schemas.users import serialize_user
from .records import Pull, find_pull, read_pull
from .serializers import serialize_pull_simple

READ = "pull-requests:read"
WRITE = "pull-requests:write"


def list_reviewers(context: AppContext, call: Call) -> Reply:
    """Who has been asked, and has not answered."""
    pull = find_pull(context, call)
    person = partial(serialize_user, call.origin)
    users = list(map(person, pull.document.fields.get("reviewers", [])))
    return Reply(body={"users": users, "teams": []})


def request_reviewers(context: AppContext, call: Call) -> Reply:
    """Ask for reviews, besides those who have been asked."""
    pull = find_pull(context, call)
    # Each once, in the order in which they were asked.
    names = [*pull.document.fields.get("reviewers", []), *_read_logins(call)]
    return _store(context, call, pull, list(dict.fromkeys(names)), 201)


def drop_reviewers(context: AppContext, call: Call) -> Reply:
    """Ask some no longer."""
    pull = find_pull(context, call)
    dropped = _read_logins(call)
    asked = pull.document.fields.get("reviewers", [])
    remaining = [login for login in asked if login not in dropped]
    return _store(context, call, pull, remaining, 200)


def _store(
    context: AppContext, call: Call, pull: Pull, logins: list[str], status: int
) -> Reply:
    context.documents.change(pull.document, {"reviewers": logins})
    changed = read_pull(context, pull.issue)
    return Reply(status, serialize_pull_simple(context, call.origin, changed))


def _read_logins(call: Call) -> list[str]:
    logins = call.body.read_list("reviewers")
    for login in logins:
        if not isinstance(login, str):
            raise call.invalid("Reviews may only be requested from collaborators.")
    return [str(login) for login in logins]


ROUTES = build_routes(
    "pulls/review-requests",
    Endpoint(
        "GET",
        "~/pulls/{number}/requested_reviewers",
        READ,
        list_reviewers,
        "get-all-requested-reviewers-for-a-pull-request",
    ),
    Endpoint(
        "POST",
        "~/pulls/{number}/requested_reviewers",
        WRITE,
        request_reviewers,
        "request-reviewers-for-a-pull-request",
    ),
    Endpoint(
        "DELETE",
        "~/pulls/{number}/requested_reviewers",
        WRITE,
        drop_reviewers,
        "remove-requested-reviewers-from-a-pull-request",
    ),
)
