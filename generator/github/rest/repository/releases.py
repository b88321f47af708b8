"""REST: releases [docs.github.com/rest/releases/releases]."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.errors import ApiError
from ...core.models import Release
from ...storage.files.git_remote import is_ref_name
from ...storage.git.commits import Range, list_commits
from ...storage.releases import (
    AssetFilter,
    ReleaseChanges,
    ReleaseFilter,
    ReleaseTakenError,
)
from ..calls import Call, JsonObject, Reply, validation_failed
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.users import serialize_user
from ..serializers import serialize_instant
from .assets import serialize_asset

READ = "contents:read"
WRITE = "contents:write"


def serialize_release(context: AppContext, origin: str, release: Release) -> JsonObject:
    """A release with its assets."""
    releases = f"repos/{context.repository}/releases/{release.id}"
    url = f"{origin}/{releases}"
    tag = quote(release.tag)
    api = f"{origin}/repos/{context.repository}"
    assets = context.releases.list_assets(AssetFilter(release_id=release.id))
    return {
        "id": release.id,
        "node_id": f"RE_{release.id}",
        "tag_name": release.tag,
        "target_commitish": release.target or context.default_branch,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "author": serialize_user(origin, release.author),
        "created_at": format_rfc3339(release.created_at),
        "published_at": serialize_instant(release.published_at),
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{origin}/api/uploads/{releases}/assets{{?name,label}}",
        "html_url": f"{origin}/{context.repository}/releases/tag/{tag}",
        "tarball_url": f"{api}/tarball/{tag}",
        "zipball_url": f"{api}/zipball/{tag}",
        "immutable": False,
        "updated_at": serialize_instant(release.published_at),
        "assets": [
            serialize_asset(context, origin, release, asset) for asset in assets
        ],
    }


def list_releases(context: AppContext, call: Call) -> Reply:
    """Releases, newest first; drafts are for those who may write."""
    releases = context.releases.list_releases()
    # "Only users with push access will receive listings for draft releases."
    if not call.grant.allows("contents", "write"):
        releases = [release for release in releases if not release.draft]
    return paginate(call, releases, partial(serialize_release, context, call.origin))


def create_release(context: AppContext, call: Call) -> Reply:
    """Make a release."""
    fields = _read_fields(call)
    tag = fields.get("tag", "")
    if not tag:
        raise call.missing("tag_name")
    release = context.releases.create(tag, call.grant.login, fields)
    if release is None:
        raise _refuse_tag(call, "already_exists")
    body = serialize_release(context, call.origin, release)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_fields(call: Call) -> ReleaseChanges:
    """The fields of a release that a request sets, by the names of the store."""
    fields: ReleaseChanges = {}
    if "tag_name" in call.body:
        fields["tag"] = call.body.read_text("tag_name")
        if fields["tag"] and not is_ref_name(fields["tag"]):
            raise _refuse_tag(call, "custom")
    if "name" in call.body:
        fields["name"] = call.body.read_text("name")
    if "body" in call.body:
        fields["body"] = call.body.read_text("body")
    if "target_commitish" in call.body:
        fields["target"] = call.body.read_text("target_commitish")
    draft = call.body.read_flag("draft")
    if draft is not None:
        fields["draft"] = draft
    prerelease = call.body.read_flag("prerelease")
    if prerelease is not None:
        fields["prerelease"] = prerelease
    return fields


def _refuse_tag(call: Call, code: str) -> ApiError:
    details = validation_failed("Release", "tag_name", code)
    return call.invalid("Validation Failed", details)


def generate_notes(context: AppContext, call: Call) -> Reply:
    """Notes about what is new since the release before: the commits' first lines."""
    tag = call.body.require_text("tag_name")
    # The tag may be one that is yet to be made.
    ends = (tag, call.body.read_text("target_commitish"), context.default_branch)
    known = [sha for sha in map(context.git.resolve, ends) if sha]
    previous = call.body.read_text("previous_tag_name")
    # Unless it is named, what came before is the newest other release.
    if not previous:
        earlier = context.releases.list_releases(ReleaseFilter(draft=False))
        previous = next((one.tag for one in earlier if one.tag != tag), "")
    lines = ["## What's Changed"]
    if known:
        base = context.git.resolve(previous) or ""
        for commit in list_commits(context.git, Range(known[0], base)):
            title = commit.message.partition("\n")[0]
            lines.append(f"* {title} by {commit.author.name}")
    page = f"{call.origin}/{context.repository}"
    span = f"{page}/commits/{tag}"
    if previous:
        span = f"{page}/compare/{previous}...{tag}"
    lines += ["", f"**Full Changelog**: {span}"]
    return Reply(body={"name": tag, "body": "\n".join(lines)})


def get_release(context: AppContext, call: Call) -> Reply:
    """One release."""
    release = call.find(context.releases.get, "release_id")
    return Reply(body=serialize_release(context, call.origin, release))


def get_latest_release(context: AppContext, call: Call) -> Reply:
    """The newest release that is neither a draft nor a prerelease."""
    for release in context.releases.list_releases():
        if not release.draft and not release.prerelease:
            return Reply(body=serialize_release(context, call.origin, release))
    raise call.not_found()


def get_release_by_tag(context: AppContext, call: Call) -> Reply:
    """The published release of a tag."""
    releases = context.releases.list_releases(
        ReleaseFilter(tag=call.path["tag"], draft=False)
    )
    if not releases:
        raise call.not_found()
    return Reply(body=serialize_release(context, call.origin, releases[0]))


def edit_release(context: AppContext, call: Call) -> Reply:
    """Change a release."""
    release = call.find(context.releases.get, "release_id")
    fields = _read_fields(call)
    if not fields.get("tag", release.tag):
        raise _refuse_tag(call, "missing_field")
    try:
        release = context.releases.update(release.id, fields)
    except ReleaseTakenError:
        raise _refuse_tag(call, "already_exists") from None
    return Reply(body=serialize_release(context, call.origin, release))


def delete_release(context: AppContext, call: Call) -> Reply:
    """Delete a release with its assets."""
    call.find(context.releases.delete, "release_id")
    return Reply(204)


# `latest` stands before `{release_id}`, which would match it too.
ROUTES = build_routes(
    "releases/releases",
    Endpoint("GET", "~/releases", READ, list_releases, "list-releases"),
    Endpoint("POST", "~/releases", WRITE, create_release, "create-a-release"),
    Endpoint(
        "POST",
        "~/releases/generate-notes",
        WRITE,
        generate_notes,
        "generate-release-notes-content-for-a-release",
    ),
    Endpoint(
        "GET", "~/releases/latest", READ, get_latest_release, "get-the-latest-release"
    ),
    Endpoint(
        "GET",
        "~/releases/tags/{+tag}",
        READ,
        get_release_by_tag,
        "get-a-release-by-tag-name",
    ),
    Endpoint("GET", "~/releases/{release_id}", READ, get_release, "get-a-release"),
    Endpoint(
        "PATCH", "~/releases/{release_id}", WRITE, edit_release, "update-a-release"
    ),
    Endpoint(
        "DELETE", "~/releases/{release_id}", WRITE, delete_release, "delete-a-release"
    ),
)
