"""REST: releases and their assets [docs.github.com/rest/releases]."""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import rfc3339
from ...core.errors import ApiProblem, invalid, not_found
from ...core.models import Asset, Release
from ...storage.git_remote import is_ref_name
from ...storage.releases import AssetTakenError, NewAsset
from ..actions.serializers import user_body
from ..router import Call, Reply, listing, table, text_field, window

UPLOAD_DOCS = "releases/assets#upload-a-release-asset"


def release_body(
    context: AppContext, release: Release, origin: str
) -> dict[str, object]:
    """A release as REST shows it."""
    url = f"{origin}/repos/{context.repository}/releases/{release.id}"
    assets = context.releases.assets("release_id = ?", [release.id])
    return {
        "id": release.id,
        "node_id": f"RE_{release.id}",
        "tag_name": release.tag,
        "target_commitish": release.target or context.default_branch,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "author": user_body(release.author),
        "created_at": rfc3339(release.created_at),
        "published_at": None
        if release.published_at is None
        else rfc3339(release.published_at),
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{origin}/api/uploads/repos/{context.repository}/releases/{release.id}/assets{{?name,label}}",
        "html_url": f"{origin}/{context.repository}/releases/tag/{release.tag}",
        "tarball_url": None,
        "zipball_url": None,
        "assets": [asset_body(context, asset, release, origin) for asset in assets],
    }


def asset_body(
    context: AppContext, asset: Asset, release: Release, origin: str
) -> dict[str, object]:
    """An asset as REST shows it."""
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
        "uploader": user_body(asset.author),
        "created_at": rfc3339(asset.created_at),
        "updated_at": rfc3339(asset.updated_at),
        "url": f"{origin}/repos/{context.repository}/releases/assets/{asset.id}",
        "browser_download_url": f"{origin}/{context.repository}/releases/download/{release.tag}/{asset.name}",
    }


def known_release(context: AppContext, call: Call) -> Release:
    """The release that the path names; 404 for one that is unknown."""
    try:
        return context.releases.get(call.number("release_id"))
    except KeyError:
        raise not_found(call.docs) from None


def _known_asset(context: AppContext, call: Call) -> Asset:
    try:
        return context.releases.asset(call.number("asset_id"))
    except KeyError:
        raise not_found(call.docs) from None


def _visible(context: AppContext, call: Call) -> list[Release]:
    """Drafts are for those who may write."""
    found = context.releases.select()
    return (
        found
        if call.grant.allows("contents", "write")
        else [release for release in found if not release.draft]
    )


def _fields(call: Call) -> dict[str, object]:
    """The fields of a release that a request sets."""
    names = {
        "tag_name": "tag",
        "name": "name",
        "body": "body",
        "target_commitish": "target",
    }
    fields: dict[str, object] = {
        column: text_field(call, name)
        for name, column in names.items()
        if name in call.body
    }
    for name in ("draft", "prerelease"):
        if isinstance(call.body.get(name), bool):
            fields[name] = call.body[name]
    return fields


def _already_exists(field: str, resource: str) -> list[dict[str, str]]:
    return [{"resource": resource, "code": "already_exists", "field": field}]


def list_releases(context: AppContext, call: Call) -> Reply:
    """Releases, newest first."""
    found = _visible(context, call)
    offset, size = window(call)
    shown = [
        release_body(context, release, call.origin)
        for release in found[offset : offset + size]
    ]
    return listing(call, shown, len(found))


def create_release(context: AppContext, call: Call) -> Reply:
    """Make a release."""
    fields = _fields(call)
    tag = str(fields.pop("tag", ""))
    if not tag:
        raise invalid(
            'Invalid request.\n\n"tag_name" wasn\'t supplied.', docs=call.docs
        )
    if not is_ref_name(tag):
        errors = [{"resource": "Release", "code": "custom", "field": "tag_name"}]
        raise invalid("Validation Failed", docs=call.docs, errors=errors)
    release = context.releases.create(tag, call.grant.login, **fields)
    if release is None:
        raise invalid(
            "Validation Failed",
            docs=call.docs,
            errors=_already_exists("tag_name", "Release"),
        )
    return Reply(201, release_body(context, release, call.origin))


def get_release(context: AppContext, call: Call) -> Reply:
    """One release."""
    return Reply(body=release_body(context, known_release(context, call), call.origin))


def latest_release(context: AppContext, call: Call) -> Reply:
    """The newest release that is neither a draft nor a prerelease."""
    found = [
        release
        for release in context.releases.select()
        if not release.draft and not release.prerelease
    ]
    if not found:
        raise not_found(call.docs)
    return Reply(body=release_body(context, found[0], call.origin))


def release_by_tag(context: AppContext, call: Call) -> Reply:
    """The published release of a tag."""
    found = context.releases.select("tag = ? AND draft = 0", [call.path["tag"]])
    if not found:
        raise not_found(call.docs)
    return Reply(body=release_body(context, found[0], call.origin))


def edit_release(context: AppContext, call: Call) -> Reply:
    """Change a release."""
    release = context.releases.edit(known_release(context, call).id, **_fields(call))
    return Reply(body=release_body(context, release, call.origin))


def delete_release(context: AppContext, call: Call) -> Reply:
    """Delete a release with its assets."""
    context.releases.delete(known_release(context, call).id)
    return Reply(204)


def list_assets(context: AppContext, call: Call) -> Reply:
    """A release's assets."""
    release = known_release(context, call)
    found = context.releases.assets("release_id = ?", [release.id])
    offset, size = window(call)
    shown = [
        asset_body(context, asset, release, call.origin)
        for asset in found[offset : offset + size]
    ]
    return listing(call, shown, len(found))


def get_asset(context: AppContext, call: Call) -> Reply:
    """One asset, or with `Accept: application/octet-stream` a redirect to its bytes."""
    asset = _known_asset(context, call)
    if "application/octet-stream" in call.accept:
        return Reply(
            302,
            headers={
                "Location": context.signed_address(
                    call.origin, "assets", asset.blob, "r"
                )
            },
        )
    return Reply(
        body=asset_body(
            context, asset, context.releases.get(asset.release_id), call.origin
        )
    )


def edit_asset(context: AppContext, call: Call) -> Reply:
    """Change an asset's name or label."""
    asset = _known_asset(context, call)
    try:
        asset = context.releases.rename_asset(
            asset.id,
            text_field(call, "name", asset.name),
            text_field(call, "label", asset.label),
        )
    except AssetTakenError:
        raise invalid(
            "Validation Failed",
            docs=call.docs,
            errors=_already_exists("name", "ReleaseAsset"),
        ) from None
    return Reply(
        body=asset_body(
            context, asset, context.releases.get(asset.release_id), call.origin
        )
    )


def delete_asset(context: AppContext, call: Call) -> Reply:
    """Delete an asset."""
    context.releases.delete_asset(_known_asset(context, call).id)
    return Reply(204)


def check_upload(context: AppContext, call: Call, content_type: str) -> NewAsset:
    """What an upload of an asset is to become, before its bytes are taken.

    404 or 422 where it cannot be.
    """
    release = known_release(context, call)
    new = NewAsset(
        release.id,
        call.query.get("name", ""),
        call.query.get("label", ""),
        content_type,
    )
    if not new.name or "/" in new.name:
        raise ApiProblem(400, "Bad Request: an asset has a name", docs=call.docs)
    if context.releases.assets("release_id = ? AND name = ?", [release.id, new.name]):
        raise invalid(
            "Validation Failed",
            docs=call.docs,
            errors=_already_exists("name", "ReleaseAsset"),
        )
    return new


ROUTES = table(
    "releases/releases",
    {
        "GET ~/releases": (list_releases, "contents:read", "list-releases"),
        "POST ~/releases": (create_release, "contents:write", "create-a-release"),
        "GET ~/releases/latest": (
            latest_release,
            "contents:read",
            "get-the-latest-release",
        ),
        "GET ~/releases/tags/{+tag}": (
            release_by_tag,
            "contents:read",
            "get-a-release-by-tag-name",
        ),
        "GET ~/releases/{release_id}": (get_release, "contents:read", "get-a-release"),
        "PATCH ~/releases/{release_id}": (
            edit_release,
            "contents:write",
            "update-a-release",
        ),
        "DELETE ~/releases/{release_id}": (
            delete_release,
            "contents:write",
            "delete-a-release",
        ),
    },
) + table(
    "releases/assets",
    {
        "GET ~/releases/{release_id}/assets": (
            list_assets,
            "contents:read",
            "list-release-assets",
        ),
        "GET ~/releases/assets/{asset_id}": (
            get_asset,
            "contents:read",
            "get-a-release-asset",
        ),
        "PATCH ~/releases/assets/{asset_id}": (
            edit_asset,
            "contents:write",
            "update-a-release-asset",
        ),
        "DELETE ~/releases/assets/{asset_id}": (
            delete_asset,
            "contents:write",
            "delete-a-release-asset",
        ),
    },
)
