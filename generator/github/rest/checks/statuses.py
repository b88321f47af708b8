"""REST: statuses of commits [docs.github.com/rest/commits/statuses]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.repositories import serialize_minimal_repository
from ..schemas.users import make_user_id, serialize_user

READ = "statuses:read"
WRITE = "statuses:write"
STATUS = "status"
_STATES = ("error", "failure", "pending", "success")
_DEFAULT_CONTEXT = "default"
MAX_DESCRIPTION = 140


def find_sha(context: AppContext, call: Call, name: str = "ref") -> str:
    """The commit that the path names; 422 in GitHub's words where it names none."""
    ref = call.path[name]
    sha = context.git.resolve(ref)
    if sha is None:
        raise call.invalid(f"No commit found for SHA: {ref}")
    return sha


def serialize_status(context: AppContext, origin: str, status: Document) -> JsonObject:
    """A `status`, which holds a `simple-commit-status`."""
    statuses = f"{origin}/repos/{context.repository}/statuses"
    avatar = f"{origin}/avatars/u/{make_user_id(status.author)}"
    return {
        "url": f"{statuses}/{status.parent}",
        "avatar_url": avatar,
        "id": status.id,
        "node_id": f"SC_{status.id}",
        "state": status.fields["state"],
        "description": status.fields.get("description"),
        "target_url": status.fields.get("target_url"),
        "context": status.key,
        "created_at": format_rfc3339(status.created_at),
        "updated_at": format_rfc3339(status.updated_at),
        "creator": serialize_user(origin, status.author),
    }


def create_status(context: AppContext, call: Call) -> Reply:
    """Give a commit a status, which takes the place of an earlier one of its context."""
    sha = find_sha(context, call, "sha")
    state = call.body.read_choice("state", _STATES)
    description = call.body.read_text("description") or None
    if description and len(description) > MAX_DESCRIPTION:
        fault = {
            "resource": "Status",
            "code": "custom",
            "field": "description",
            "message": f"description is too long (maximum is {MAX_DESCRIPTION})",
        }
        raise call.invalid("Validation Failed", [fault])
    fields = {
        "state": state,
        "description": description,
        "target_url": call.body.read_text("target_url") or None,
    }
    name = call.body.read_text("context") or _DEFAULT_CONTEXT
    status = context.documents.add(
        STATUS, fields, parent=sha, key=name, author=call.grant.login
    )
    body = serialize_status(context, call.origin, status)
    return Reply(201, body, headers={"Location": str(body["url"])})


def list_statuses(context: AppContext, call: Call) -> Reply:
    """Every status a commit was ever given, newest first."""
    statuses = context.documents.list_all(STATUS, find_sha(context, call))
    statuses.reverse()
    return paginate(call, statuses, partial(serialize_status, context, call.origin))


def combine_statuses(context: AppContext, call: Call) -> Reply:
    """The newest status of each context, and what they come to."""
    sha = find_sha(context, call)
    # Oldest first, so that the newest of a context is what remains.
    newest: dict[str, Document] = {}
    for status in context.documents.list_all(STATUS, sha):
        newest[status.key] = status
    commit_url = f"{call.origin}/repos/{context.repository}/commits/{sha}"
    fields = {
        "state": _combine([status.fields["state"] for status in newest.values()]),
        "sha": sha,
        "repository": serialize_minimal_repository(
            context, call.origin, context.repository, context.runs.repository_id
        ),
        "commit_url": commit_url,
        "url": f"{commit_url}/status",
    }
    serialize = partial(serialize_status, context, call.origin)
    return paginate(call, list(newest.values()), serialize, "statuses", fields)


def _combine(states: list[str]) -> str:
    """What several states come to [docs.github.com/rest/commits/statuses]."""
    if "error" in states or "failure" in states:
        return "failure"
    if not states or "pending" in states:
        return "pending"
    return "success"


ROUTES = build_routes(
    "commits/statuses",
    Endpoint(
        "POST", "~/statuses/{sha}", WRITE, create_status, "create-a-commit-status"
    ),
    Endpoint(
        "GET",
        "~/commits/{+ref}/statuses",
        READ,
        list_statuses,
        "list-commit-statuses-for-a-reference",
    ),
    Endpoint(
        "GET",
        "~/commits/{+ref}/status",
        READ,
        combine_statuses,
        "get-the-combined-status-for-a-specific-reference",
    ),
)
