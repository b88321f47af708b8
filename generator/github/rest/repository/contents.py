"""REST: files of the git repository [docs.github.com/rest/repos/contents]."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote

from ...context import AppContext
from ...storage.files.git_remote import (
    FileChange,
    StaleShaError,
    TreeEntry,
    is_ref_name,
)
from ...storage.git.commits import read_commit
from ..calls import Call, JsonObject, Reply
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_git_commit

READ = "contents:read"
WRITE = "contents:write"
_TYPES = {"blob": "file", "tree": "dir"}


def serialize_entry(context: AppContext, origin: str, entry: TreeEntry) -> JsonObject:
    """A file or folder of a commit."""
    api = f"{origin}/repos/{context.repository}"
    path = quote(entry.path)
    ref = quote(context.default_branch)
    kind, git = "blob", f"{api}/git/blobs/{entry.sha}"
    download: str | None = f"{origin}/{context.repository}/raw/{ref}/{path}"
    if entry.type != "blob":
        kind, git, download = "tree", f"{api}/git/trees/{entry.sha}", None
    url = f"{api}/contents/{path}?ref={ref}"
    page = f"{origin}/{context.repository}/{kind}/{ref}/{path}"
    return {
        "type": _TYPES.get(entry.type, "submodule"),
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": download,
        "_links": {"self": url, "git": git, "html": page},
    }


def get_contents(context: AppContext, call: Call) -> Reply:
    """A file with its bytes in base64, or what a folder holds.

    Raw bytes where the client accepts them.
    """
    commit = context.git.resolve(call.query.get("ref") or context.default_branch)
    if commit is None:
        raise call.not_found()
    path = call.path.get("path", "").strip("/")
    file = None
    if path:
        file = context.git.read(commit, path)
    if file is None:
        return _list_folder(context, call, commit, path)
    if "raw" in call.accept:
        content_type = "application/vnd.github.raw; charset=utf-8"
        return Reply(raw=file.data, headers={"Content-Type": content_type})
    entry = TreeEntry("blob", file.sha, path, len(file.data))
    body = serialize_entry(context, call.origin, entry)
    body["content"] = base64.encodebytes(file.data).decode()
    body["encoding"] = "base64"
    return Reply(body=body)


def _list_folder(context: AppContext, call: Call, commit: str, path: str) -> Reply:
    entries = context.git.list_entries(commit, path)
    # Git has no empty folders.
    if not entries:
        raise call.not_found()
    return Reply(
        body=[serialize_entry(context, call.origin, entry) for entry in entries]
    )


def get_readme(context: AppContext, call: Call) -> Reply:
    """The README of the repository or of a folder."""
    commit = context.git.resolve(call.query.get("ref") or context.default_branch)
    folder = call.path.get("folder", "").strip("/")
    if commit is None:
        raise call.not_found()
    for entry in context.git.list_entries(commit, folder):
        # README, README.md, readme.rst and the like.
        name = entry.path.rpartition("/")[2].lower()
        if entry.type == "blob" and name.partition(".")[0] == "readme":
            found = replace(call, path={**call.path, "path": entry.path})
            return get_contents(context, found)
    raise call.not_found()


def put_contents(context: AppContext, call: Call) -> Reply:
    """Commit a file to a branch; 409 where `sha` is not the file's present one."""
    # Clients break base64 into lines, which a strict decoder does not take.
    content = "".join(call.body.read_text("content").split())
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:
        raise call.invalid("content is not valid Base64") from None
    # GitHub says 201 for a new file, 200 for a new version of one.
    status = 201
    if call.body.has_value("sha"):
        status = 200
    commit, sha = _commit(context, call, data)
    entry = TreeEntry("blob", sha, call.path["path"], len(data))
    body = {
        "content": serialize_entry(context, call.origin, entry),
        "commit": _serialize_new(context, call.origin, commit),
    }
    return Reply(status, body)


def delete_contents(context: AppContext, call: Call) -> Reply:
    """Commit a file's removal."""
    if not call.body.has_value("sha"):
        raise call.missing("sha")
    commit, _ = _commit(context, call, None)
    body = {
        "content": None,
        "commit": _serialize_new(context, call.origin, commit),
    }
    return Reply(body=body)


def _serialize_new(context: AppContext, origin: str, sha: str) -> JsonObject:
    """The commit that has just been made."""
    commit = read_commit(context.git, sha)
    if commit is None:
        raise KeyError(sha)
    return serialize_git_commit(context, origin, commit)


def _commit(context: AppContext, call: Call, data: bytes | None) -> tuple[str, str]:
    """Commit a file's bytes, or its removal; the SHAs of the commit and of the file."""
    path = call.path["path"]
    message = call.body.require_text("message")
    if "\0" in message:
        raise call.invalid("message contains a NUL byte")
    branch = call.body.read_text("branch") or context.default_branch
    branches = context.git.list_branches()
    # The first commit of an empty repository makes its branch, as on GitHub.
    if not is_ref_name(branch) or (branches and branch not in branches):
        raise call.refusal(404, f"Branch {branch} not found")
    previous = call.body.read_text("sha") or None
    change = FileChange(branch, path, data, message, previous)
    try:
        return context.git.write(change)
    except StaleShaError:
        complaint = f"{path} does not match {previous or 'nothing'}"
        raise call.refusal(409, complaint) from None
    except ValueError:
        raise call.invalid("path contains a malformed path component") from None


ROUTES = build_routes(
    "repos/contents",
    Endpoint("GET", "~/readme", READ, get_readme, "get-a-repository-readme"),
    Endpoint(
        "GET",
        "~/readme/{+folder}",
        READ,
        get_readme,
        "get-a-repository-readme-for-a-directory",
    ),
    Endpoint("GET", "~/contents", READ, get_contents, "get-repository-content"),
    Endpoint("GET", "~/contents/{+path}", READ, get_contents, "get-repository-content"),
    Endpoint(
        "PUT",
        "~/contents/{+path}",
        WRITE,
        put_contents,
        "create-or-update-file-contents",
    ),
    Endpoint("DELETE", "~/contents/{+path}", WRITE, delete_contents, "delete-a-file"),
)
