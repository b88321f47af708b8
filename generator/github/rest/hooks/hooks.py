"""REST: webhooks [docs.github.com/rest/repos/webhooks]."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from ...context import AppContext
from ...storage.documents import Document
from ...storage.git.commits import read_commit
from ..calls import Body, Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_simple_commit
from ..schemas.repositories import serialize_repository
from ..schemas.users import serialize_user
from .records import (
    HOOK,
    build_ping,
    deliver,
    is_loopback,
    serialize_config,
    serialize_hook,
)

READ = "administration:read"
WRITE = "administration:write"
_TYPES = ("json", "form")
_NULL_SHA = "0" * 40


def list_hooks(context: AppContext, call: Call) -> Reply:
    """The repository's webhooks."""
    hooks = context.documents.list_all(HOOK)
    return paginate(call, hooks, partial(serialize_hook, context, call.origin))


async def create_hook(context: AppContext, call: Call) -> Reply:
    """Make a webhook and ping it; 422 for an address that is not this machine's."""
    config = Body(call.body.read_object("config"), call.docs)
    fields: dict[str, Any] = {
        "active": call.body.read_flag("active") is not False,
        "events": call.body.read_texts("events") or ["push"],
        "content_type": "form",
    }
    fields |= _read_config(call, config)
    if "url" not in fields:
        raise call.missing("url")
    hook = context.documents.add(HOOK, fields)
    # As on GitHub, a new webhook is told so before its maker is.
    if fields["active"]:
        payload = build_ping(context, call, hook)
        await asyncio.to_thread(deliver, context, hook, "ping", payload)
    body = serialize_hook(context, call.origin, hook)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_config(call: Call, config: Body) -> dict[str, Any]:
    """What a request says of address, form and secret."""
    fields: dict[str, Any] = {}
    if config.has_value("url"):
        fields["url"] = config.read_text("url")
        # Nothing that is served here may reach out of this machine.
        if not is_loopback(fields["url"]):
            message = "url must be http on a loopback address with a port"
            fault = {
                "resource": "Hook",
                "code": "custom",
                "field": "url",
                "message": message,
            }
            raise call.invalid("Validation Failed", [fault])
    if config.has_value("content_type"):
        fields["content_type"] = config.read_choice("content_type", _TYPES)
    if "secret" in config:
        fields["secret"] = config.read_text("secret")
    return fields


def get_hook(context: AppContext, call: Call) -> Reply:
    """One webhook."""
    hook = find_hook(context, call)
    return Reply(body=serialize_hook(context, call.origin, hook))


def find_hook(context: AppContext, call: Call) -> Document:
    """The webhook that the path names; 404 where there is none."""
    return call.find(partial(context.documents.get, HOOK), "hook_id")


def edit_hook(context: AppContext, call: Call) -> Reply:
    """Change a webhook; what the request does not name stays."""
    hook = find_hook(context, call)
    changes = _read_config(call, Body(call.body.read_object("config"), call.docs))
    # The three ways of naming events go together, in this order.
    events = list(hook.fields["events"])
    if call.body.has_value("events"):
        events = call.body.read_texts("events")
    removed = call.body.read_texts("remove_events")
    events += call.body.read_texts("add_events")
    changes["events"] = [event for event in events if event not in removed]
    active = call.body.read_flag("active")
    if active is not None:
        changes["active"] = active
    hook = context.documents.change(hook, changes)
    return Reply(body=serialize_hook(context, call.origin, hook))


def delete_hook(context: AppContext, call: Call) -> Reply:
    """Delete a webhook."""
    context.documents.delete(find_hook(context, call))
    return Reply(204)


def get_config(context: AppContext, call: Call) -> Reply:
    """Where a webhook is sent, and how."""
    return Reply(body=serialize_config(find_hook(context, call)))


def edit_config(context: AppContext, call: Call) -> Reply:
    """Change where a webhook is sent, and how."""
    hook = find_hook(context, call)
    hook = context.documents.change(hook, _read_config(call, call.body))
    return Reply(body=serialize_config(hook))


async def ping_hook(context: AppContext, call: Call) -> Reply:
    """Send a `ping`."""
    hook = find_hook(context, call)
    payload = build_ping(context, call, hook)
    await asyncio.to_thread(deliver, context, hook, "ping", payload)
    return Reply(204)


async def test_hook(context: AppContext, call: Call) -> Reply:
    """Send the newest push of the default branch, if the webhook is for pushes."""
    hook = find_hook(context, call)
    if "push" in hook.fields["events"]:
        payload = _build_push(context, call)
        await asyncio.to_thread(deliver, context, hook, "push", payload)
    return Reply(204)


def _build_push(context: AppContext, call: Call) -> JsonObject:
    """The payload of a push that brought the newest commit."""
    branch = context.default_branch
    commit = read_commit(context.git, branch)
    pusher = {"name": context.owner, "email": f"{context.owner}@localhost.invalid"}
    page = f"{call.origin}/{context.repository}"
    payload: JsonObject = {
        "ref": f"refs/heads/{branch}",
        "before": _NULL_SHA,
        "after": _NULL_SHA,
        "base_ref": None,
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"{page}/compare/{branch}",
        "commits": [],
        "head_commit": None,
        "repository": serialize_repository(context, call.origin),
        "pusher": pusher,
        "sender": serialize_user(call.origin, call.grant.login),
    }
    if commit is not None:
        head = serialize_simple_commit(commit) | {
            "distinct": True,
            "url": f"{page}/commit/{commit.sha}",
            "added": [],
            "removed": [],
            "modified": [],
        }
        payload |= {"after": commit.sha, "head_commit": head, "commits": [head]}
    return payload


_HOOK = "~/hooks/{hook_id}"
ROUTES = build_routes(
    "repos/webhooks",
    Endpoint("GET", "~/hooks", READ, list_hooks, "list-repository-webhooks"),
    Endpoint("POST", "~/hooks", WRITE, create_hook, "create-a-repository-webhook"),
    Endpoint("GET", _HOOK, READ, get_hook, "get-a-repository-webhook"),
    Endpoint("PATCH", _HOOK, WRITE, edit_hook, "update-a-repository-webhook"),
    Endpoint("DELETE", _HOOK, WRITE, delete_hook, "delete-a-repository-webhook"),
    Endpoint(
        "GET",
        f"{_HOOK}/config",
        READ,
        get_config,
        "get-a-webhook-configuration-for-a-repository",
    ),
    Endpoint(
        "PATCH",
        f"{_HOOK}/config",
        WRITE,
        edit_config,
        "update-a-webhook-configuration-for-a-repository",
    ),
    Endpoint("POST", f"{_HOOK}/pings", WRITE, ping_hook, "ping-a-repository-webhook"),
    Endpoint(
        "POST",
        f"{_HOOK}/tests",
        WRITE,
        test_hook,
        "test-the-push-repository-webhook",
    ),
)
