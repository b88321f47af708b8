"""REST: assets of releases [docs.github.com/rest/releases/assets]."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.errors import ApiError
from ...core.models import Asset, Release
from ...core.names import has_control_characters, is_media_type, is_name
from ...services.blobs import receive
from ...storage.releases import AssetFilter, AssetTakenError, NewAsset
from ..calls import Call, JsonObject, Reply, validation_failed
from ..pagination import paginate
from ..router import Endpoint, UploadHandler, build_routes
from ..schemas.users import serialize_user

if TYPE_CHECKING:
    from starlette.requests import Request

READ = "contents:read"
WRITE = "contents:write"
_DEFAULT_TYPE = "application/octet-stream"
# The block id of a blob that comes in one piece.
_ONLY_BLOCK = ""


def serialize_asset(
    context: AppContext, origin: str, release: Release, asset: Asset
) -> JsonObject:
    """An asset of a release."""
    downloads = f"{origin}/{context.repository}/releases/download"
    return {
        "id": asset.id,
        "node_id": f"RA_{asset.id}",
        "name": asset.name,
        "label": asset.label,
        "state": "uploaded",
        "content_type": asset.content_type,
        "size": asset.size_bytes,
        "digest": asset.digest,
        "download_count": 0,
        "uploader": serialize_user(origin, asset.author),
        "created_at": format_rfc3339(asset.created_at),
        "updated_at": format_rfc3339(asset.updated_at),
        "url": f"{origin}/repos/{context.repository}/releases/assets/{asset.id}",
        "browser_download_url": f"{downloads}/{quote(release.tag)}/{quote(asset.name)}",
    }


def _reply_asset(
    context: AppContext, call: Call, asset: Asset, status: int = 200
) -> Reply:
    release = context.releases.get(asset.release_id)
    return Reply(status, serialize_asset(context, call.origin, release, asset))


def list_assets(context: AppContext, call: Call) -> Reply:
    """A release's assets."""
    release = call.find(context.releases.get, "release_id")
    assets = context.releases.list_assets(AssetFilter(release_id=release.id))
    serialize = partial(serialize_asset, context, call.origin, release)
    return paginate(call, assets, serialize)


def get_asset(context: AppContext, call: Call) -> Reply:
    """One asset, or with `Accept: application/octet-stream` a redirect to its bytes."""
    asset = call.find(context.releases.get_asset, "asset_id")
    if "application/octet-stream" not in call.accept:
        return _reply_asset(context, call, asset)
    address = context.signed_address(call.origin, "assets", asset.blob, "r")
    return Reply(302, headers={"Location": address})


async def upload_asset(context: AppContext, call: Call, request: Request) -> Reply:
    """Attach the bytes of a request to a release."""
    content_type = request.headers.get("content-type", _DEFAULT_TYPE)
    if not is_media_type(content_type):
        content_type = _DEFAULT_TYPE
    new = _check_upload(context, call, content_type)
    blob = context.blobs.make_name()
    try:
        await receive(context, request, blob, _ONLY_BLOCK)
    except BaseException:
        # Nobody can go on with it: each try has a blob of its own.
        context.blobs.drop_upload(blob)
        raise
    stored = await asyncio.to_thread(context.blobs.assemble, blob, [_ONLY_BLOCK])
    try:
        asset = context.releases.attach(new, blob, stored, call.grant.login)
    except AssetTakenError:
        # Another upload of that name ended while this one was under way.
        raise call.invalid("Validation Failed") from None
    return _reply_asset(context, call, asset, 201)


def _check_upload(context: AppContext, call: Call, content_type: str) -> NewAsset:
    """What an upload is to become; refused before its bytes are taken where it cannot be."""
    release = call.find(context.releases.get, "release_id")
    name, label = call.query.get("name", ""), call.query.get("label", "")
    if not name or "/" in name:
        raise call.refusal(400, "Bad Request: an asset has a name")
    if not is_name(name) or has_control_characters(label):
        raise _refuse_name(call, "custom")
    namesakes = AssetFilter(release_id=release.id, name=name)
    if context.releases.list_assets(namesakes):
        raise _refuse_name(call, "already_exists")
    return NewAsset(release.id, name, label, content_type)


def edit_asset(context: AppContext, call: Call) -> Reply:
    """Change an asset's name or label."""
    asset = call.find(context.releases.get_asset, "asset_id")
    name = call.body.read_text("name", asset.name)
    label = call.body.read_text("label", asset.label)
    if "/" in name or not is_name(name) or has_control_characters(label):
        raise _refuse_name(call, "custom")
    try:
        asset = context.releases.rename_asset(asset.id, name, label)
    except AssetTakenError:
        raise _refuse_name(call, "already_exists") from None
    return _reply_asset(context, call, asset)


def delete_asset(context: AppContext, call: Call) -> Reply:
    """Delete an asset."""
    call.find(context.releases.delete_asset, "asset_id")
    return Reply(204)


def _refuse_name(call: Call, code: str) -> ApiError:
    details = validation_failed("ReleaseAsset", "name", code)
    return call.invalid("Validation Failed", details)


ROUTES = build_routes(
    "releases/assets",
    Endpoint(
        "GET",
        "~/releases/{release_id}/assets",
        READ,
        list_assets,
        "list-release-assets",
    ),
    Endpoint(
        "POST",
        "~/releases/{release_id}/assets",
        WRITE,
        UploadHandler(upload_asset),
        "upload-a-release-asset",
    ),
    Endpoint(
        "GET", "~/releases/assets/{asset_id}", READ, get_asset, "get-a-release-asset"
    ),
    Endpoint(
        "PATCH",
        "~/releases/assets/{asset_id}",
        WRITE,
        edit_asset,
        "update-a-release-asset",
    ),
    Endpoint(
        "DELETE",
        "~/releases/assets/{asset_id}",
        WRITE,
        delete_asset,
        "delete-a-release-asset",
    ),
)
