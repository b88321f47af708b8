"""REST: blobs, trees and commits of git's database [docs.github.com/rest/git]."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from ....errors import LocalGitHubError
from ...context import AppContext
from ...core.names import has_control_characters
from ...storage.git.commits import Commit, Signature, make_commit, read_commit
from ...storage.git.objects import (
    Node,
    find_tree,
    read_blob,
    read_tree,
    read_type,
    write_blob,
    write_tree,
)
from ..calls import Body, Call, JsonObject, Reply
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_git_commit

READ = "contents:read"
WRITE = "contents:write"
_TYPES = {"040000": "tree", "160000": "commit"}
_MODES = ("100644", "100755", "040000", "160000", "120000")


def get_blob(context: AppContext, call: Call) -> Reply:
    """A file's bytes, in base64 or raw."""
    sha = call.path["sha"]
    data = read_blob(context.git, sha)
    if data is None:
        raise call.not_found()
    if "raw" in call.accept:
        headers = {"Content-Type": "application/vnd.github.raw; charset=utf-8"}
        return Reply(raw=data, headers=headers)
    body = {
        "sha": sha,
        "node_id": f"B_{sha}",
        "size": len(data),
        "url": f"{call.origin}/repos/{context.repository}/git/blobs/{sha}",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }
    return Reply(body=body)


def create_blob(context: AppContext, call: Call) -> Reply:
    """Store a file's bytes."""
    content = call.body.read_text("content")
    # Text is taken as it is, in UTF-8.
    data = content.encode()
    if call.body.read_text("encoding", "utf-8") == "base64":
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
        except ValueError:
            raise call.invalid("content is not valid Base64") from None
    sha = write_blob(context.git, data)
    url = f"{call.origin}/repos/{context.repository}/git/blobs/{sha}"
    return Reply(201, {"sha": sha, "url": url}, headers={"Location": url})


def get_tree(context: AppContext, call: Call) -> Reply:
    """What a tree, or the tree of a commit or branch, holds."""
    nodes = read_tree(
        context.git, call.path["sha"], is_recursive="recursive" in call.query
    )
    if nodes is None:
        raise call.not_found()
    tree = find_tree(context.git, call.path["sha"]) or ""
    return Reply(body=_serialize_tree(context, call.origin, tree, nodes))


def _serialize_tree(
    context: AppContext, origin: str, sha: str, nodes: list[Node]
) -> JsonObject:
    """A `git-tree`."""
    git = f"{origin}/repos/{context.repository}/git"
    entries = []
    for node in nodes:
        entry: JsonObject = {
            "path": node.path,
            "mode": node.mode,
            "type": node.type,
            "sha": node.sha,
            "url": f"{git}/{node.type}s/{node.sha}",
        }
        if node.size is not None:
            entry["size"] = node.size
        entries.append(entry)
    return {
        "sha": sha,
        "url": f"{git}/trees/{sha}",
        "tree": entries,
        "truncated": False,
    }


def create_tree(context: AppContext, call: Call) -> Reply:
    """Store a tree: the changes of a request on top of `base_tree`, where it is given."""
    base = None
    if call.body.has_value("base_tree"):
        base = find_tree(context.git, call.body.read_text("base_tree"))
        if base is None:
            raise call.invalid("base_tree is not a valid tree")
    changes = []
    for entry in call.body.read_list("tree"):
        if not isinstance(entry, dict):
            raise call.invalid("Invalid tree info")
        changes.append(_read_node(context, call, Body(entry, call.docs)))
    if not changes and base is None:
        raise call.invalid("Invalid tree info")
    try:
        sha = write_tree(context.git, base, changes)
    except (LocalGitHubError, ValueError):
        raise call.invalid("tree contains an invalid path or object") from None
    # As on GitHub, the answer shows the top of the tree only.
    nodes = read_tree(context.git, sha, is_recursive=False) or []
    body = _serialize_tree(context, call.origin, sha, nodes)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_node(context: AppContext, call: Call, entry: Body) -> Node:
    """An entry of a tree that is to be; with `sha` null, what is to be taken out."""
    path, mode = entry.require_text("path"), entry.read_text("mode", "100644")
    if has_control_characters(path) or path.startswith("/"):
        raise call.invalid("tree.path contains a malformed path component")
    if mode not in _MODES:
        raise call.invalid("Must supply a valid tree.mode")
    object_type = _TYPES.get(mode, "blob")
    if "content" in entry:
        data = entry.read_text("content").encode()
        return Node(mode, object_type, write_blob(context.git, data), path, None)
    if "sha" not in entry:
        raise call.invalid("Must supply either tree.sha or tree.content")
    sha = entry.read_text("sha")
    if sha and mode != "160000" and read_type(context.git, sha) != object_type:
        raise call.invalid(f"tree.sha {sha} is not a valid {object_type}")
    return Node(mode, object_type, sha, path, None)


def get_git_commit(context: AppContext, call: Call) -> Reply:
    """A commit, as git keeps it."""
    sha = call.path["sha"]
    commit = None
    if read_type(context.git, sha) == "commit":
        commit = read_commit(context.git, sha)
    if commit is None:
        raise call.not_found()
    return Reply(body=serialize_git_commit(context, call.origin, commit))


def create_git_commit(context: AppContext, call: Call) -> Reply:
    """Store a commit, to which no ref leads yet."""
    message = call.body.require_text("message")
    tree = call.body.require_text("tree")
    if "\0" in message:
        raise call.invalid("message contains a NUL byte")
    if read_type(context.git, tree) != "tree":
        raise call.invalid("Tree SHA does not exist")
    parents = []
    for parent in call.body.read_list("parents"):
        if not isinstance(parent, str) or read_type(context.git, parent) != "commit":
            raise call.invalid("Parent SHA does not exist or is not a commit object")
        parents.append(parent)
    author = _read_author(context, call, call.body.read_object("author"))
    sha = make_commit(context.git, message, tree, parents, author)
    body = serialize_git_commit(context, call.origin, _require(context, sha))
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_author(
    context: AppContext, call: Call, fields: Mapping[str, object]
) -> Signature | None:
    """Whom a request names as the author; None where it names nobody."""
    if not fields:
        return None
    author = Body(fields, call.docs)
    name, email = author.require_text("name"), author.require_text("email")
    at = context.clock.now()
    if author.has_value("date"):
        try:
            at = datetime.fromisoformat(author.read_text("date"))
        except ValueError:
            raise call.invalid("author.date is not a valid date") from None
    if has_control_characters(name + email):
        raise call.invalid("author is not valid")
    return Signature(name, email, at)


def _require(context: AppContext, sha: str) -> Commit:
    commit = read_commit(context.git, sha)
    if commit is None:
        raise KeyError(sha)
    return commit


ROUTES = build_routes(
    "git",
    Endpoint("POST", "~/git/blobs", WRITE, create_blob, "create-a-blob"),
    Endpoint("GET", "~/git/blobs/{sha}", READ, get_blob, "get-a-blob"),
    Endpoint("POST", "~/git/trees", WRITE, create_tree, "create-a-tree"),
    Endpoint("GET", "~/git/trees/{+sha}", READ, get_tree, "get-a-tree"),
    Endpoint("POST", "~/git/commits", WRITE, create_git_commit, "create-a-commit"),
    Endpoint("GET", "~/git/commits/{sha}", READ, get_git_commit, "get-a-commit-object"),
)
