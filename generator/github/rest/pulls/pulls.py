"""REST: pull requests [docs.github.com/rest/pulls/pulls]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.errors import ApiError
from ...storage.git.commits import measure_distance
from ...storage.issues import IssueChanges
from ..calls import Call, Reply
from ..git.pull_heads import PULL
from ..issues.texts import read_comment_text, read_title
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import Pull, find_pull, list_pulls, read_pull
from .serializers import serialize_pull, serialize_pull_simple

READ = "pull-requests:read"
WRITE = "pull-requests:write"
_STATES = ("open", "closed")


def list_all_pulls(context: AppContext, call: Call) -> Reply:
    """Pull requests, newest first; of a state, head and base where they are asked for."""
    pulls = list_pulls(context, call.query.get("state", "open"))
    if base := call.query.get("base"):
        pulls = [pull for pull in pulls if pull.base == base]
    if head := call.query.get("head"):
        branch = head.rpartition(":")[2]
        pulls = [pull for pull in pulls if pull.head == branch]
    # Newest first is how they come.
    if call.query.get("direction") == "asc":
        pulls.reverse()
    return paginate(call, pulls, partial(serialize_pull_simple, context, call.origin))


def open_pull(context: AppContext, call: Call) -> Reply:
    """Open a pull request; 422 where there is nothing to pull, or one is open already."""
    head = call.body.require_text("head").removeprefix(f"{context.owner}:")
    base = call.body.require_text("base")
    # There are no forks here, so both ends are branches of the repository.
    base_sha = context.git.resolve(f"refs/heads/{base}")
    head_sha = context.git.resolve(f"refs/heads/{head}")
    if base_sha is None:
        raise refuse_pull(call, {"field": "base", "code": "invalid"})
    if head_sha is None:
        raise refuse_pull(call, {"field": "head", "code": "invalid"})
    _check_need(context, call, head, base)
    title = _read_new_title(context, call)
    text = read_comment_text(call, "body", "PullRequest")
    issue = context.issues.open(title, text, call.grant.login, [], is_pull=True)
    fields = {
        "head": head,
        "base": base,
        "head_sha": head_sha,
        "base_sha": base_sha,
        "draft": call.body.read_flag("draft") is True,
        "maintainer_can_modify": call.body.read_flag("maintainer_can_modify") is True,
    }
    context.documents.add(PULL, fields, key=str(issue.number))
    pull = read_pull(context, issue)
    body = serialize_pull(context, call.origin, pull)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_new_title(context: AppContext, call: Call) -> str:
    """The title of a new pull request, or of the issue that is to become one."""
    if not call.body.has_value("issue"):
        return read_title(call, "PullRequest")
    number = int(call.body.read_float("issue"))
    try:
        return context.issues.get(number).title
    except KeyError:
        raise refuse_pull(call, {"field": "issue", "code": "invalid"}) from None


def _check_need(context: AppContext, call: Call, head: str, base: str) -> None:
    """422 where a pull request would change nothing, or there is one already."""
    distance = measure_distance(context.git, base, head)
    if not distance.ahead:
        message = f"No commits between {base} and {head}"
        raise refuse_pull(call, {"code": "custom", "message": message})
    for pull in list_pulls(context, "open"):
        if (pull.head, pull.base) == (head, base):
            name = f"{context.owner}:{head}"
            message = f"A pull request already exists for {name}."
            raise refuse_pull(call, {"code": "custom", "message": message})


def refuse_pull(call: Call, fault: dict[str, str]) -> ApiError:
    """422, for one fault of a pull request."""
    return call.invalid("Validation Failed", [{"resource": "PullRequest"} | fault])


def get_pull(context: AppContext, call: Call) -> Reply:
    """One pull request; or its change as a diff or as patches."""
    pull = find_pull(context, call)
    span = f"{pull.base_sha}...{pull.head_sha}"
    if "diff" in call.accept:
        return _reply_text(context.git.ask("diff", span).stdout)
    if "patch" in call.accept:
        span = f"{pull.base_sha}..{pull.head_sha}"
        return _reply_text(context.git.ask("format-patch", "--stdout", span).stdout)
    return Reply(body=serialize_pull(context, call.origin, pull))


def _reply_text(text: str) -> Reply:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    return Reply(raw=text.encode(), headers=headers)


def edit_pull(context: AppContext, call: Call) -> Reply:
    """Change a pull request; what the request does not name stays."""
    pull = find_pull(context, call)
    changes: IssueChanges = {}
    if "title" in call.body:
        changes["title"] = read_title(call, "PullRequest")
    if "body" in call.body:
        changes["body"] = read_comment_text(call, "body", "PullRequest")
    if "state" in call.body:
        changes["state"] = call.body.read_choice("state", _STATES)
        _keep_ends(context, call, pull, changes["state"])
    if "base" in call.body:
        base = call.body.read_text("base")
        if context.git.resolve(f"refs/heads/{base}") is None:
            raise refuse_pull(call, {"field": "base", "code": "invalid"})
        context.documents.change(pull.document, {"base": base})
    issue = context.issues.update(pull.number, changes)
    pull = read_pull(context, issue)
    return Reply(body=serialize_pull(context, call.origin, pull))


def _keep_ends(context: AppContext, call: Call, pull: Pull, state: str) -> None:
    """Note where the branches are when a pull request is closed."""
    if state == "open" and pull.is_merged:
        raise refuse_pull(
            call, {"code": "custom", "message": "A merged pull cannot be reopened."}
        )
    ends = {"base_sha": pull.base_sha, "head_sha": pull.head_sha}
    context.documents.change(pull.document, ends)


ROUTES = build_routes(
    "pulls/pulls",
    Endpoint("GET", "~/pulls", READ, list_all_pulls, "list-pull-requests"),
    Endpoint("POST", "~/pulls", WRITE, open_pull, "create-a-pull-request"),
    Endpoint("GET", "~/pulls/{number}", READ, get_pull, "get-a-pull-request"),
    Endpoint("PATCH", "~/pulls/{number}", WRITE, edit_pull, "update-a-pull-request"),
)
