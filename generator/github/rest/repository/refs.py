"""REST: branches and refs of the git repository [docs.github.com/rest/git/refs]."""

from __future__ import annotations

from ...context import AppContext
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes

READ = "contents:read"
WRITE = "contents:write"


def serialize_branch(branch: tuple[str, str]) -> JsonObject:
    """A branch, given by its name and the SHA of its commit."""
    name, sha = branch
    return {"name": name, "commit": {"sha": sha}, "protected": False}


def list_branches(context: AppContext, call: Call) -> Reply:
    """Every branch."""
    branches = list(context.git.list_branches().items())
    return paginate(call, branches, serialize_branch)


def get_branch(context: AppContext, call: Call) -> Reply:
    """One branch."""
    name = call.path["branch"]
    sha = context.git.list_branches().get(name)
    if sha is None:
        raise call.refusal(404, "Branch not found")
    return Reply(body=serialize_branch((name, sha)))


def get_ref(context: AppContext, call: Call) -> Reply:
    """One ref, such as `heads/main`."""
    ref = f"refs/{call.path['ref']}"
    sha = context.git.resolve(ref)
    if sha is None:
        raise call.not_found()
    return Reply(body={"ref": ref, "object": {"type": "commit", "sha": sha}})


def delete_ref(context: AppContext, call: Call) -> Reply:
    """Delete a branch or tag."""
    if not context.git.delete_ref(f"refs/{call.path['ref']}"):
        raise call.invalid("Reference does not exist")
    return Reply(204)


ROUTES = build_routes(
    "repos/contents",
    Endpoint("GET", "~/branches", READ, list_branches, "list-branches"),
    Endpoint("GET", "~/branches/{+branch}", READ, get_branch, "get-a-branch"),
    Endpoint("GET", "~/git/ref/{+ref}", READ, get_ref, "get-a-reference"),
    Endpoint("DELETE", "~/git/refs/{+ref}", WRITE, delete_ref, "delete-a-reference"),
)
