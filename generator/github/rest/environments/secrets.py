"""REST: secrets of the repository and of environments [docs.github.com/rest/actions/secrets].

A secret comes sealed for a public key and is kept so. Nobody here has the key that opens
it: what was stored is listed, never shown, and reaches no run.
"""

from __future__ import annotations

import base64
import binascii
import secrets as random

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import find_scope, is_setting_name

READ = "secrets:read"
WRITE = "secrets:write"
SECRET = "secret"  # noqa: S105 - the name of a kind of record
_KEY = "secrets-key"
# What a sealed box adds to its content [libsodium, crypto_box_SEALBYTES].
_SEAL_BYTES = 48
# Of what is sealed; GitHub's limit [docs.github.com, "Limits for secrets"].
MAX_SECRET_BYTES = 48 << 10
_KEY_BYTES = 32


def serialize_secret(secret: Document) -> JsonObject:
    """An `actions-secret`, which tells nothing of its value."""
    return {
        "name": secret.key,
        "created_at": format_rfc3339(secret.created_at),
        "updated_at": format_rfc3339(secret.updated_at),
    }


def list_secrets(context: AppContext, call: Call) -> Reply:
    """The secrets, by name."""
    secrets = context.documents.list_all(SECRET, find_scope(context, call))
    secrets.sort(key=lambda secret: secret.key)
    return paginate(call, secrets, serialize_secret, "secrets")


def get_public_key(context: AppContext, call: Call) -> Reply:
    """The key to seal secrets for."""
    find_scope(context, call)
    return Reply(body=_read_key(context))


def _read_key(context: AppContext) -> JsonObject:
    """The repository's key, made when it is first asked for.

    Any 32 bytes are a public key of Curve25519; of these nobody knows the private one.
    """
    key = context.documents.read_settings(_KEY)
    if not key:
        value = base64.b64encode(random.token_bytes(_KEY_BYTES)).decode()
        key = {"key_id": str(568250167242549743 + context.runs.repository_id)}
        key["key"] = value
        context.documents.write_settings(_KEY, key)
    return key


def get_secret(context: AppContext, call: Call) -> Reply:
    """One secret, without its value."""
    return Reply(body=serialize_secret(_find(context, call)))


def put_secret(context: AppContext, call: Call) -> Reply:
    """Store a sealed value: 201 for a new secret, 204 for a new value of one."""
    scope = find_scope(context, call)
    name = call.path["name"]
    if not is_setting_name(name):
        raise call.invalid("Secret names can only contain alphanumeric characters")
    sealed = call.body.require_text("encrypted_value")
    if call.body.require_text("key_id") != _read_key(context)["key_id"]:
        raise call.invalid("Public key is not the repository's")
    try:
        # The value itself cannot be looked at, only how long it is.
        size = len(base64.b64decode(sealed, validate=True)) - _SEAL_BYTES
    except (binascii.Error, ValueError):
        raise call.invalid("encrypted_value is not valid Base64") from None
    if size < 0:
        raise call.invalid("encrypted_value is not a sealed box")
    if size > MAX_SECRET_BYTES:
        raise call.invalid("Secret value is too large")
    fields = {"sealed": sealed}
    _, is_new = context.documents.put(SECRET, name.upper(), fields, scope)
    if is_new:
        return Reply(201, {})
    return Reply(204)


def delete_secret(context: AppContext, call: Call) -> Reply:
    """Delete a secret."""
    context.documents.delete(_find(context, call))
    return Reply(204)


def _find(context: AppContext, call: Call) -> Document:
    scope = find_scope(context, call)
    try:
        return context.documents.find(SECRET, call.path["name"], scope)
    except KeyError:
        raise call.not_found() from None


def list_none(_context: AppContext, call: Call) -> Reply:
    """None: no organization shares secrets with the repository."""
    return paginate(call, [], dict, "secrets")


def _build(base: str, owner: str, anchor: str) -> tuple[Endpoint, ...]:
    """The operations on the secrets below a path."""
    return (
        Endpoint("GET", base, READ, list_secrets, f"list-{anchor}-secrets"),
        Endpoint(
            "GET",
            f"{base}/public-key",
            READ,
            get_public_key,
            f"get-{owner}-public-key",
        ),
        Endpoint("GET", f"{base}/{{name}}", READ, get_secret, f"get-{owner}-secret"),
        Endpoint(
            "PUT",
            f"{base}/{{name}}",
            WRITE,
            put_secret,
            f"create-or-update-{owner}-secret",
        ),
        Endpoint(
            "DELETE", f"{base}/{{name}}", WRITE, delete_secret, f"delete-{owner}-secret"
        ),
    )


ROUTES = build_routes(
    "actions/secrets",
    *_build("~/actions/secrets", "a-repository", "repository"),
    *_build("~/environments/{environment}/secrets", "an-environment", "environment"),
    Endpoint(
        "GET",
        "~/actions/organization-secrets",
        READ,
        list_none,
        "list-repository-organization-secrets",
    ),
)
