"""REST: refs [docs.github.com/rest/git/refs]."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...storage.files.git_remote import is_ref_name
from ...storage.git.objects import (
    Ref,
    find_ref,
    is_ancestor,
    list_refs,
    read_type,
    set_ref,
)
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .pull_heads import close_pulls

READ = "contents:read"
WRITE = "contents:write"
_FOLDERS = ("refs/heads/", "refs/tags/")


def serialize_ref(context: AppContext, origin: str, ref: Ref) -> JsonObject:
    """A `git-ref`."""
    git = f"{origin}/repos/{context.repository}/git"
    return {
        "ref": ref.name,
        "node_id": f"REF_{ref.name}",
        "url": f"{git}/{quote(ref.name)}",
        "object": {
            "type": ref.type,
            "sha": ref.sha,
            "url": f"{git}/{ref.type}s/{ref.sha}",
        },
    }


def get_ref(context: AppContext, call: Call) -> Reply:
    """One ref, such as `heads/main`."""
    ref = find_ref(context.git, f"refs/{call.path['ref']}")
    if ref is None:
        raise call.not_found()
    return Reply(body=serialize_ref(context, call.origin, ref))


def list_matching_refs(context: AppContext, call: Call) -> Reply:
    """The refs that begin so, perhaps none."""
    refs = list_refs(context.git, f"refs/{call.path['ref']}")
    return paginate(call, refs, partial(serialize_ref, context, call.origin))


def create_ref(context: AppContext, call: Call) -> Reply:
    """Make a branch or tag."""
    name, sha = call.body.require_text("ref"), call.body.require_text("sha")
    object_type = _check_target(context, call, name, sha)
    if not set_ref(context.git, name, sha, None):
        raise call.invalid("Reference already exists")
    ref = Ref(name, sha, object_type)
    body = serialize_ref(context, call.origin, ref)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _check_target(context: AppContext, call: Call, name: str, sha: str) -> str:
    """The type of what a ref is to lead to; 422 where it cannot."""
    short = name.partition("/")[2].partition("/")[2]
    if not name.startswith(_FOLDERS) or not is_ref_name(short):
        raise call.invalid("Reference name is not valid")
    object_type = read_type(context.git, sha)
    if object_type is None:
        raise call.invalid("Object does not exist")
    if name.startswith("refs/heads/") and object_type != "commit":
        raise call.invalid("Reference cannot be updated")
    return object_type


def update_ref(context: AppContext, call: Call) -> Reply:
    """Let a ref lead elsewhere: forward only, unless `force` is true."""
    name, sha = f"refs/{call.path['ref']}", call.body.require_text("sha")
    ref = find_ref(context.git, name)
    # 422, where reading it gives 404.
    if ref is None:
        raise call.invalid("Reference does not exist")
    object_type = _check_target(context, call, name, sha)
    is_forced = call.body.read_flag("force") is True
    if not is_forced and not is_ancestor(context.git, ref.sha, sha):
        raise call.invalid("Update is not a fast forward")
    if not set_ref(context.git, name, sha, ref.sha):
        raise call.refusal(409, "Reference was changed at the same time")
    ref = Ref(name, sha, object_type)
    return Reply(body=serialize_ref(context, call.origin, ref))


def delete_ref(context: AppContext, call: Call) -> Reply:
    """Delete a branch or tag."""
    name = f"refs/{call.path['ref']}"
    if find_ref(context.git, name) is None:
        raise call.invalid("Reference does not exist")
    close_pulls(context, name)
    if not context.git.delete_ref(name):
        raise call.invalid("Reference does not exist")
    return Reply(204)


ROUTES = build_routes(
    "git/refs",
    Endpoint("GET", "~/git/ref/{+ref}", READ, get_ref, "get-a-reference"),
    Endpoint(
        "GET",
        "~/git/matching-refs/{+ref}",
        READ,
        list_matching_refs,
        "list-matching-references",
    ),
    Endpoint("POST", "~/git/refs", WRITE, create_ref, "create-a-reference"),
    Endpoint("PATCH", "~/git/refs/{+ref}", WRITE, update_ref, "update-a-reference"),
    # Not described any more, and what the address of a ref leads to.
    Endpoint("GET", "~/git/refs/{+ref}", READ, get_ref, "get-a-reference"),
    Endpoint("DELETE", "~/git/refs/{+ref}", WRITE, delete_ref, "delete-a-reference"),
)
