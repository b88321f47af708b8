"""REST: branches [docs.github.com/rest/branches/branches]."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...storage.files.git_remote import is_ref_name
from ...storage.git.commits import read_commit
from ...storage.git.objects import set_ref
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_commit

READ = "contents:read"
WRITE = "contents:write"
ADMINISTER = "administration:read"
_OFF: JsonObject = {
    "enabled": False,
    "required_status_checks": {
        "enforcement_level": "off",
        "contexts": [],
        "checks": [],
    },
}


def serialize_branch(
    context: AppContext, origin: str, branch: tuple[str, str]
) -> JsonObject:
    """A `short-branch`, given by its name and the SHA of its commit."""
    name, sha = branch
    api = f"{origin}/repos/{context.repository}"
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
        # Nothing protects branches here.
        "protected": False,
        "protection": _OFF,
        "protection_url": f"{api}/branches/{quote(name)}/protection",
    }


def list_branches(context: AppContext, call: Call) -> Reply:
    """Every branch."""
    branches = list(context.git.list_branches().items())
    if call.query.get("protected") == "true":
        branches = []
    return paginate(call, branches, partial(serialize_branch, context, call.origin))


def get_branch(context: AppContext, call: Call) -> Reply:
    """One branch, with its commit."""
    return Reply(body=_serialize_whole(context, call, call.path["branch"]))


def _serialize_whole(context: AppContext, call: Call, name: str) -> JsonObject:
    """A `branch-with-protection`."""
    sha = context.git.list_branches().get(name)
    commit = read_commit(context.git, sha or "")
    if sha is None or commit is None:
        raise call.refusal(404, "Branch not found")
    branches = f"{call.origin}/repos/{context.repository}/branches"
    url = f"{branches}/{quote(name)}"
    page = f"{call.origin}/{context.repository}/tree/{quote(name)}"
    return {
        "name": name,
        "commit": serialize_commit(context, call.origin, commit),
        "_links": {"self": url, "html": page},
        "protected": False,
        "protection": _OFF,
        "protection_url": f"{url}/protection",
    }


def rename_branch(context: AppContext, call: Call) -> Reply:
    """Give a branch another name."""
    name, new = call.path["branch"], call.body.require_text("new_name")
    branches = context.git.list_branches()
    if name not in branches:
        raise call.refusal(404, "Branch not found")
    if not is_ref_name(new):
        raise call.invalid("New branch name is not a valid branch name")
    if not set_ref(context.git, f"refs/heads/{new}", branches[name], None):
        raise call.invalid("New branch already exists")
    context.git.delete_ref(f"refs/heads/{name}")
    return Reply(201, _serialize_whole(context, call, new))


def get_protection(context: AppContext, call: Call) -> Reply:
    """404: nothing protects branches here."""
    if call.path["branch"] not in context.git.list_branches():
        raise call.refusal(404, "Branch not found")
    raise call.refusal(404, "Branch not protected")


def list_rules(_context: AppContext, call: Call) -> Reply:
    """None: nothing rules branches here."""
    return paginate(call, [], dict)


ROUTES = build_routes(
    "branches/branches",
    Endpoint("GET", "~/branches", READ, list_branches, "list-branches"),
    Endpoint(
        "GET",
        "~/branches/{+branch}/protection",
        ADMINISTER,
        get_protection,
        "get-branch-protection",
    ),
    Endpoint(
        "POST", "~/branches/{+branch}/rename", WRITE, rename_branch, "rename-a-branch"
    ),
    Endpoint("GET", "~/branches/{+branch}", READ, get_branch, "get-a-branch"),
    Endpoint(
        "GET", "~/rules/branches/{+branch}", READ, list_rules, "get-rules-for-a-branch"
    ),
)
