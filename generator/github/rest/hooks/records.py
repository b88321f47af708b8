"""Webhooks and their deliveries, sent to addresses of this machine alone.

Signed as GitHub signs them [docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries].
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, JsonObject
from ..schemas.repositories import serialize_repository
from ..schemas.users import serialize_user

HOOK = "hook"
DELIVERY = "hook_delivery"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 10
_HIDDEN = "********"
# Of an answer, as much as is worth showing.
_ANSWER_BYTES = 64 << 10


def is_loopback(address: str) -> bool:
    """Whether an address is plain HTTP to this machine."""
    try:
        parts = urlsplit(address)
        port = parts.port
    # A port that is no number, or a bracket that is left open.
    except ValueError:
        return False
    is_here = parts.hostname in _LOOPBACK
    return parts.scheme == "http" and is_here and port is not None


def serialize_config(hook: Document) -> JsonObject:
    """A `webhook-config`; a secret is never shown."""
    config: JsonObject = {
        "url": hook.fields["url"],
        "content_type": hook.fields["content_type"],
        "insecure_ssl": "0",
    }
    if hook.fields.get("secret"):
        config["secret"] = _HIDDEN
    return config


def serialize_hook(context: AppContext, origin: str, hook: Document) -> JsonObject:
    """A `hook`, with how its last delivery went."""
    url = f"{origin}/repos/{context.repository}/hooks/{hook.id}"
    last: JsonObject = {"code": None, "status": "unused", "message": None}
    deliveries = context.documents.list_all(DELIVERY, hook.id)
    if deliveries:
        fields = deliveries[-1].fields
        status = "active" if fields["status"] == "OK" else "invalid"
        last = {
            "code": fields["status_code"],
            "status": status,
            "message": fields["status"],
        }
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.fields["active"],
        "events": hook.fields["events"],
        "config": serialize_config(hook),
        "updated_at": format_rfc3339(hook.updated_at),
        "created_at": format_rfc3339(hook.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": last,
    }


def build_ping(context: AppContext, call: Call, hook: Document) -> JsonObject:
    """The payload of a `ping`."""
    body = serialize_hook(context, call.origin, hook)
    del body["last_response"]
    return {
        "zen": "Keep it logically awesome.",
        "hook_id": hook.id,
        "hook": body,
        "repository": serialize_repository(context, call.origin),
        "sender": serialize_user(call.origin, call.grant.login),
    }


def deliver(
    context: AppContext,
    hook: Document,
    event: str,
    payload: Mapping[str, Any],
    guid: str = "",
) -> Document:
    """Send a payload to a hook and note how that went; nothing is sent again by itself."""
    is_again = bool(guid)
    guid = guid or str(uuid.uuid4())
    data, content_type = _encode(hook, payload)
    headers = _build_headers(hook, event, guid, data, content_type)
    # The machine's clock: ours may stand still.
    began = time.monotonic()
    code, status, answer = _send(hook.fields["url"], data, headers)
    fields = {
        "guid": guid,
        "event": event,
        "action": payload.get("action"),
        "redelivery": is_again,
        "duration": round(time.monotonic() - began, 3),
        "status": status,
        "status_code": code,
        "headers": headers,
        "payload": dict(payload),
        "answer": answer,
    }
    return context.documents.add(DELIVERY, fields, parent=hook.id)


def _encode(hook: Document, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """A payload's bytes and their type, as the hook wants them."""
    text = json.dumps(payload)
    if hook.fields["content_type"] == "form":
        form = urlencode({"payload": text})
        return form.encode(), "application/x-www-form-urlencoded"
    return text.encode(), "application/json"


def _build_headers(
    hook: Document, event: str, guid: str, data: bytes, content_type: str
) -> dict[str, str]:
    headers = {
        "Accept": "*/*",
        "Content-Type": content_type,
        "User-Agent": "GitHub-Hookshot/local",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    secret = hook.read_text("secret").encode()
    if secret:
        # Both are sent; the first is for receivers of long ago.
        for name, digest in (("", "sha1"), ("-256", "sha256")):
            signature = hmac.new(secret, data, getattr(hashlib, digest)).hexdigest()
            headers[f"X-Hub-Signature{name}"] = f"{digest}={signature}"
    return headers


def _send(address: str, data: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
    """The status, in a number and a word, and the answer; 0 where nobody answered."""
    parts = urlsplit(address)
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    # No redirect is followed, so nothing leads away from this machine.
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=_SECONDS
    )
    try:
        connection.request("POST", path, data, headers)
        response = connection.getresponse()
        answer = response.read(_ANSWER_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, "failed to connect to host", str(error)
    finally:
        connection.close()
    # GitHub says OK for each success, whatever the receiver calls it.
    status = response.reason or "Unknown"
    if response.status < http.client.MULTIPLE_CHOICES:
        status = "OK"
    return response.status, status, answer
