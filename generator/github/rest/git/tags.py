"""REST: tags [docs.github.com/rest/git/tags]."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.names import has_control_characters
from ...storage.files.git_remote import is_ref_name
from ...storage.git.commits import Signature
from ...storage.git.objects import Ref, Tag, list_refs, read_tag, write_tag
from ..calls import Body, Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes

READ = "contents:read"
WRITE = "contents:write"
_PREFIX = "refs/tags/"


def list_tags(context: AppContext, call: Call) -> Reply:
    """Every tag, the last by name first."""
    tags = list_refs(context.git, _PREFIX)
    tags.reverse()
    return paginate(call, tags, partial(_serialize_entry, context, call.origin))


def _serialize_entry(context: AppContext, origin: str, ref: Ref) -> JsonObject:
    """A `tag`, which leads to a commit even where it is annotated."""
    api = f"{origin}/repos/{context.repository}"
    name = ref.name.removeprefix(_PREFIX)
    sha = context.git.resolve(ref.name) or ref.sha
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
        "zipball_url": f"{api}/zipball/{quote(ref.name)}",
        "tarball_url": f"{api}/tarball/{quote(ref.name)}",
        "node_id": f"REF_{ref.name}",
    }


def create_tag(context: AppContext, call: Call) -> Reply:
    """Store an annotated tag, to which no ref leads yet."""
    name, target = call.body.require_text("tag"), call.body.require_text("object")
    message = call.body.require_text("message")
    object_type = call.body.read_choice("type", ["commit", "tree", "blob"])
    # Whoever is not named is GitHub, as in commits made here.
    fields = Body(call.body.read_object("tagger"), call.docs)
    tagger = Signature(
        fields.read_text("name", "GitHub"),
        fields.read_text("email", "noreply@github.com"),
        context.clock.now(),
    )
    texts = f"{tagger.name}{tagger.email}"
    if not is_ref_name(name) or has_control_characters(texts) or "\0" in message:
        raise call.invalid("Tag is not valid")
    tag = Tag("", name, target, object_type, tagger.name, tagger.email, message)
    try:
        sha = write_tag(context.git, tag, tagger)
    except ValueError:
        raise call.invalid("Object does not exist, or is of another type") from None
    body = _serialize_tag(context, call, sha)
    return Reply(201, body, headers={"Location": str(body["url"])})


def get_tag(context: AppContext, call: Call) -> Reply:
    """An annotated tag."""
    return Reply(body=_serialize_tag(context, call, call.path["sha"]))


def _serialize_tag(context: AppContext, call: Call, sha: str) -> JsonObject:
    """A `git-tag`."""
    found = read_tag(context.git, sha)
    if found is None:
        raise call.not_found()
    tag, seconds = found
    git = f"{call.origin}/repos/{context.repository}/git"
    return {
        "node_id": f"TA_{tag.sha}",
        "tag": tag.name,
        "sha": tag.sha,
        "url": f"{git}/tags/{tag.sha}",
        "message": tag.message,
        "tagger": {
            "name": tag.tagger,
            "email": tag.email,
            "date": format_rfc3339(datetime.fromtimestamp(seconds, UTC)),
        },
        "object": {
            "sha": tag.target,
            "type": tag.target_type,
            "url": f"{git}/{tag.target_type}s/{tag.target}",
        },
    }


ROUTES = build_routes(
    "git/tags",
    Endpoint("GET", "~/tags", READ, list_tags, "list-repository-tags"),
    Endpoint("POST", "~/git/tags", WRITE, create_tag, "create-a-tag-object"),
    Endpoint("GET", "~/git/tags/{sha}", READ, get_tag, "get-a-tag"),
)
