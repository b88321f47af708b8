"""REST: what was sent to webhooks [docs.github.com/rest/repos/webhooks]."""

from __future__ import annotations

import asyncio
from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .hooks import find_hook
from .records import DELIVERY, deliver

READ = "administration:read"
WRITE = "administration:write"


def serialize_delivery(context: AppContext, delivery: Document) -> JsonObject:
    """A `hook-delivery-item`, as lists show it."""
    fields = delivery.fields
    body: JsonObject = {"id": delivery.id}
    for name in ("guid", "redelivery", "duration", "status", "status_code", "event"):
        body[name] = fields[name]
    body["delivered_at"] = format_rfc3339(delivery.created_at)
    body["action"] = fields.get("action")
    body["installation_id"] = None
    body["repository_id"] = context.runs.repository_id
    body["throttled_at"] = None
    return body


def list_deliveries(context: AppContext, call: Call) -> Reply:
    """What was sent to a webhook, newest first."""
    deliveries = context.documents.list_all(DELIVERY, find_hook(context, call).id)
    deliveries.reverse()
    return paginate(call, deliveries, partial(serialize_delivery, context))


def get_delivery(context: AppContext, call: Call) -> Reply:
    """One delivery, with what was sent and answered."""
    hook = find_hook(context, call)
    delivery = _find(context, call, hook)
    body = serialize_delivery(context, delivery)
    body["url"] = hook.fields["url"]
    fields = delivery.fields
    body["request"] = {"headers": fields["headers"], "payload": fields["payload"]}
    body["response"] = {"headers": {}, "payload": fields["answer"]}
    return Reply(body=body)


def _find(context: AppContext, call: Call, hook: Document) -> Document:
    delivery = call.find(partial(context.documents.get, DELIVERY), "delivery_id")
    if delivery.parent != str(hook.id):
        raise call.not_found()
    return delivery


async def redeliver(context: AppContext, call: Call) -> Reply:
    """Send once more what was sent."""
    hook = find_hook(context, call)
    # Under the same id, by which a receiver knows it again.
    fields = _find(context, call, hook).fields
    event, payload, guid = fields["event"], fields["payload"], fields["guid"]
    await asyncio.to_thread(deliver, context, hook, event, payload, guid)
    return Reply(202, {})


_DELIVERIES = "~/hooks/{hook_id}/deliveries"
ROUTES = build_routes(
    "repos/webhooks",
    Endpoint(
        "GET",
        _DELIVERIES,
        READ,
        list_deliveries,
        "list-deliveries-for-a-repository-webhook",
    ),
    Endpoint(
        "GET",
        f"{_DELIVERIES}/{{delivery_id}}",
        READ,
        get_delivery,
        "get-a-delivery-for-a-repository-webhook",
    ),
    Endpoint(
        "POST",
        f"{_DELIVERIES}/{{delivery_id}}/attempts",
        WRITE,
        redeliver,
        "redeliver-a-delivery-for-a-repository-webhook",
    ),
)
