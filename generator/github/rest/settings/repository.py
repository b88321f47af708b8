"""REST: changing the repository, and what GitHub says of itself.

[docs.github.com/rest/repos/repos]
"""

from __future__ import annotations

from typing import Any

from ...context import AppContext
from ..calls import Call, Reply
from ..framework import VERSIONS
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.repositories import serialize_full_repository

ADMINISTER = "administration:write"
_FLAGS = (
    "private",
    "has_issues",
    "has_projects",
    "has_wiki",
    "is_template",
    "archived",
    "allow_forking",
    "allow_squash_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_auto_merge",
    "delete_branch_on_merge",
    "allow_update_branch",
    "web_commit_signoff_required",
)
MAX_DESCRIPTION = 350


def edit_repository(context: AppContext, call: Call) -> Reply:
    """Change settings of the repository; what the request does not name stays.

    Its name and its default branch are what the server was started with.
    """
    changes: dict[str, Any] = {}
    for name in _FLAGS:
        flag = call.body.read_flag(name)
        if flag is not None:
            changes[name] = flag
    for name in ("description", "homepage"):
        if name in call.body:
            changes[name] = call.body.read_text(name) or None
    if len(changes.get("description") or "") > MAX_DESCRIPTION:
        fault = {
            "resource": "Repository",
            "code": "custom",
            "field": "description",
            "message": "description cannot be more than 350 characters",
        }
        raise call.invalid("Validation Failed", [fault])
    _refuse_fixed(context, call)
    # Two names of one thing.
    if "visibility" in call.body:
        shown = call.body.read_choice("visibility", ["public", "private"])
        changes["private"] = shown == "private"
    if "private" in changes:
        changes["visibility"] = {True: "private"}.get(changes["private"], "public")
    context.documents.write_settings("repository", changes)
    return Reply(body=serialize_full_repository(context, call.origin))


def _refuse_fixed(context: AppContext, call: Call) -> None:
    """422 for what cannot be changed here while the server runs."""
    fixed = {
        "name": context.repository.partition("/")[2],
        "default_branch": context.default_branch,
    }
    for name, value in fixed.items():
        if call.body.read_text(name, value) != value:
            raise call.invalid(f"the local GitHub does not change {name}")


def get_meta(_context: AppContext, _call: Call) -> Reply:
    """What GitHub says of itself."""
    return Reply(body={"verifiable_password_authentication": False})


def list_versions(_context: AppContext, _call: Call) -> Reply:
    """The versions of the API that answers are like."""
    return Reply(body=list(VERSIONS))


def get_hash_algorithm(_context: AppContext, _call: Call) -> Reply:
    """What git's objects are named by."""
    return Reply(body={"hash_algorithm": "sha1"})


def list_teams(_context: AppContext, call: Call) -> Reply:
    """None: the owner is a user."""
    return paginate(call, [], dict)


ROUTES = build_routes(
    "repos/repos",
    Endpoint("PATCH", "~", ADMINISTER, edit_repository, "update-a-repository"),
    Endpoint("GET", "/meta", "", get_meta, "get-github-meta-information"),
    Endpoint("GET", "/versions", "", list_versions, "get-all-api-versions"),
    Endpoint(
        "GET",
        "~/hash-algorithm",
        "contents:read",
        get_hash_algorithm,
        "get-the-hash-algorithm-of-a-repository",
    ),
    Endpoint("GET", "~/teams", "contents:read", list_teams, "list-repository-teams"),
)
