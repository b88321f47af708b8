"""REST: files, branches and refs of the git repository [docs.github.com/rest/repos/contents]."""

from __future__ import annotations

import base64

from ...context import AppContext
from ...core.errors import ApiProblem, invalid, not_found
from ...storage.git_remote import StaleShaError, is_ref_name
from ..router import Call, Reply, listing, table, text_field, window

_KINDS = {"blob": "file", "tree": "dir"}


def _entry(
    context: AppContext, call: Call, entry: tuple[str, str, str, int]
) -> dict[str, object]:
    kind, sha, path, size = entry
    return {
        "type": _KINDS.get(kind, "submodule"),
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "size": size,
        "url": f"{call.origin}/repos/{context.repository}/contents/{path}",
        "html_url": f"{call.origin}/{context.repository}/blob/{context.default_branch}/{path}",
        "download_url": None,
    }


def _commit(context: AppContext, call: Call) -> str:
    commit = context.git.resolve(call.query.get("ref") or context.default_branch)
    if commit is None:
        raise not_found(call.docs)
    return commit


def get_contents(context: AppContext, call: Call) -> Reply:
    """A file with its bytes in base64, or what a folder holds.

    Raw bytes where the client accepts them.
    """
    commit, path = _commit(context, call), call.path.get("path", "").strip("/")
    file = context.git.read(commit, path) if path else None
    if file is None:
        entries = context.git.entries(commit, path)
        if not entries:
            raise not_found(call.docs)
        return Reply(body=[_entry(context, call, entry) for entry in entries])
    if "raw" in call.accept:
        return Reply(
            raw=file.data,
            headers={"Content-Type": "application/vnd.github.raw; charset=utf-8"},
        )
    entry = _entry(context, call, ("blob", file.sha, path, len(file.data)))
    content = base64.encodebytes(file.data).decode()
    return Reply(body=entry | {"content": content, "encoding": "base64"})


def put_contents(context: AppContext, call: Call) -> Reply:
    """Commit a file to a branch; 409 where `sha` is not the file's present one."""
    try:
        data = base64.b64decode(
            "".join(text_field(call, "content").split()), validate=True
        )
    except ValueError:
        raise invalid("content is not valid Base64", docs=call.docs) from None
    existed = call.body.get("sha") is not None
    commit, sha = _write(context, call, data)
    content = _entry(context, call, ("blob", sha, call.path["path"], len(data)))
    return Reply(
        200 if existed else 201, {"content": content, "commit": {"sha": commit}}
    )


def delete_contents(context: AppContext, call: Call) -> Reply:
    """Commit a file's removal."""
    if call.body.get("sha") is None:
        raise invalid('Invalid request.\n\n"sha" wasn\'t supplied.', docs=call.docs)
    commit, _ = _write(context, call, None)
    return Reply(body={"content": None, "commit": {"sha": commit}})


def _write(context: AppContext, call: Call, data: bytes | None) -> tuple[str, str]:
    path, message = call.path["path"], text_field(call, "message")
    if not message:
        raise invalid('Invalid request.\n\n"message" wasn\'t supplied.', docs=call.docs)
    branch = text_field(call, "branch") or context.default_branch
    branches = context.git.branches()
    # The first commit of an empty repository makes its branch, as on GitHub.
    if not is_ref_name(branch) or (branches and branch not in branches):
        raise ApiProblem(404, f"Branch {branch} not found", docs=call.docs)
    try:
        return context.git.write(
            branch, path, data, message, text_field(call, "sha") or None
        )
    except StaleShaError:
        raise ApiProblem(
            409,
            f"{path} does not match {text_field(call, 'sha') or 'nothing'}",
            docs=call.docs,
        ) from None
    except ValueError:
        raise invalid(
            "path contains a malformed path component", docs=call.docs
        ) from None


def list_branches(context: AppContext, call: Call) -> Reply:
    """Every branch."""
    found = [
        {"name": name, "commit": {"sha": sha}, "protected": False}
        for name, sha in context.git.branches().items()
    ]
    offset, size = window(call)
    return listing(call, found[offset : offset + size], len(found))


def get_branch(context: AppContext, call: Call) -> Reply:
    """One branch."""
    name = call.path["branch"]
    sha = context.git.branches().get(name)
    if sha is None:
        raise ApiProblem(404, "Branch not found", docs=call.docs)
    return Reply(body={"name": name, "commit": {"sha": sha}, "protected": False})


def get_ref(context: AppContext, call: Call) -> Reply:
    """One ref, such as `heads/main`."""
    ref = f"refs/{call.path['ref']}"
    sha = context.git.resolve(ref)
    if sha is None:
        raise not_found(call.docs)
    return Reply(body={"ref": ref, "object": {"type": "commit", "sha": sha}})


def delete_ref(context: AppContext, call: Call) -> Reply:
    """Delete a branch or tag."""
    if not context.git.delete_ref(f"refs/{call.path['ref']}"):
        raise invalid("Reference does not exist", docs=call.docs)
    return Reply(204)


ROUTES = table(
    "repos/contents",
    {
        "GET ~/contents": (get_contents, "contents:read", "get-repository-content"),
        "GET ~/contents/{+path}": (
            get_contents,
            "contents:read",
            "get-repository-content",
        ),
        "PUT ~/contents/{+path}": (
            put_contents,
            "contents:write",
            "create-or-update-file-contents",
        ),
        "DELETE ~/contents/{+path}": (
            delete_contents,
            "contents:write",
            "delete-a-file",
        ),
        "GET ~/branches": (list_branches, "contents:read", "list-branches"),
        "GET ~/branches/{+branch}": (get_branch, "contents:read", "get-a-branch"),
        "GET ~/git/ref/{+ref}": (get_ref, "contents:read", "get-a-reference"),
        "DELETE ~/git/refs/{+ref}": (
            delete_ref,
            "contents:write",
            "delete-a-reference",
        ),
    },
)
