"""REST: users, and who works on the repository [docs.github.com/rest/users/users]."""

from __future__ import annotations

from collections import Counter

from ...context import AppContext
from ...storage.git.commits import Range, list_commits
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.repositories import serialize_minimal_repository, serialize_repository
from ..schemas.users import serialize_profile, serialize_user

_ADMIN = {
    "admin": True,
    "maintain": True,
    "push": True,
    "triage": True,
    "pull": True,
}


def get_user(_context: AppContext, call: Call) -> Reply:
    """Any user: here everybody exists."""
    return Reply(body=serialize_profile(call.origin, call.path["username"]))


def list_own_repositories(context: AppContext, call: Call) -> Reply:
    """The repositories of whose token it is: this one."""
    body = serialize_repository(context, call.origin)
    return paginate(call, [body], dict)


def list_repositories(context: AppContext, call: Call) -> Reply:
    """The repositories of a user: this one, or none."""
    if call.path["username"].lower() != context.owner.lower():
        return paginate(call, [], dict)
    body = serialize_minimal_repository(
        context, call.origin, context.repository, context.runs.repository_id
    )
    return paginate(call, [body], dict)


def list_collaborators(context: AppContext, call: Call) -> Reply:
    """Who may write: the owner."""
    return paginate(call, [_serialize_owner(context, call)], dict)


def _serialize_owner(context: AppContext, call: Call) -> JsonObject:
    """The owner as a `collaborator`."""
    owner = serialize_user(call.origin, context.owner)
    return owner | {"role_name": "admin", "permissions": _ADMIN}


def check_collaborator(context: AppContext, call: Call) -> Reply:
    """204 for the owner, 404 for others."""
    if call.path["username"].lower() != context.owner.lower():
        raise call.not_found()
    return Reply(204)


def get_permission(context: AppContext, call: Call) -> Reply:
    """What somebody may do."""
    login = call.path["username"]
    if login.lower() == context.owner.lower():
        user = _serialize_owner(context, call)
        return Reply(body={"permission": "admin", "role_name": "admin", "user": user})
    # GitHub knows an answer about strangers, too.
    user = serialize_user(call.origin, login) | {"role_name": ""}
    return Reply(body={"permission": "none", "role_name": "", "user": user})


def list_contributors(context: AppContext, call: Call) -> Reply:
    """Who wrote commits of the default branch, and how many; 204 without any."""
    head = context.git.resolve(context.default_branch)
    if head is None:
        return Reply(204)
    counts = Counter(
        (commit.author.name, commit.author.email)
        for commit in list_commits(context.git, Range(head))
    )
    people = []
    for (name, email), number in counts.most_common():
        people.append(_describe_contributor(call, name, email, number))
    return paginate(call, people, dict)


def _describe_contributor(call: Call, name: str, email: str, number: int) -> JsonObject:
    """A `contributor`: an account where GitHub knows the address, else a name."""
    ending = "@users.noreply.github.com"
    if email.endswith(ending):
        login = email.removesuffix(ending).rpartition("+")[2]
        return serialize_user(call.origin, login) | {"contributions": number}
    return {"type": "Anonymous", "name": name, "email": email, "contributions": number}


_COLLABORATOR = "~/collaborators/{username}"
ROUTES = build_routes(
    "users/users",
    Endpoint("GET", "/users/{username}", "", get_user, "get-a-user"),
    Endpoint(
        "GET",
        "/user/repos",
        "",
        list_own_repositories,
        "list-repositories-for-the-authenticated-user",
    ),
    Endpoint(
        "GET",
        "/users/{username}/repos",
        "",
        list_repositories,
        "list-repositories-for-a-user",
    ),
    Endpoint(
        "GET",
        "~/collaborators",
        "contents:write",
        list_collaborators,
        "list-repository-collaborators",
    ),
    Endpoint(
        "GET",
        _COLLABORATOR,
        "contents:read",
        check_collaborator,
        "check-if-a-user-is-a-repository-collaborator",
    ),
    Endpoint(
        "GET",
        f"{_COLLABORATOR}/permission",
        "contents:read",
        get_permission,
        "get-repository-permissions-for-a-user",
    ),
    Endpoint(
        "GET",
        "~/contributors",
        "contents:read",
        list_contributors,
        "list-repository-contributors",
    ),
)
