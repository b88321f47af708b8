"""REST: the repository itself, the root of the API, and who is asking."""

from __future__ import annotations

from ...context import AppContext
from ...core.errors import forbidden
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from ..serializers import serialize_repository, serialize_user


def get_repository(context: AppContext, call: Call) -> Reply:
    """The repository."""
    body = serialize_repository(
        context, call.origin, context.repository, context.runs.repository_id
    )
    body |= {
        "default_branch": context.default_branch,
        "visibility": "private",
        "archived": False,
        "disabled": False,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "description": None,
        "clone_url": context.clone_url(),
        "permissions": {
            # The owner's own token belongs to no run.
            "admin": call.grant.run_id is None,
            "push": call.grant.allows("contents", "write"),
            "pull": True,
        },
    }
    return Reply(body=body)


def get_root(_: AppContext, call: Call) -> Reply:
    """The root, which gh asks for when it checks a token."""
    body = {
        "current_user_url": f"{call.origin}/user",
        "rate_limit_url": f"{call.origin}/rate_limit",
    }
    return Reply(body=body)


def get_user(context: AppContext, call: Call) -> Reply:
    """The owner of a token; a run's token belongs to nobody."""
    # GitHub does not let an installation's token ask for its user either.
    if call.grant.run_id is not None:
        raise forbidden(call.docs)
    return Reply(body=serialize_user(context.owner))


ROUTES = build_routes(
    "repos/repos",
    Endpoint("GET", "~", "", get_repository, "get-a-repository"),
    Endpoint("GET", "/user", "", get_user, "get-the-authenticated-user"),
    Endpoint("GET", "/", "", get_root),
)
