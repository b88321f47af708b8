"""REST: issues [docs.github.com/rest/issues/issues]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.issue_search import search_issues
from ...core.models import Issue
from ...storage.issues import IssueChanges
from ..calls import Body, Call, JsonObject, Reply, validation_failed
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .labels import read_labels
from .serializers import serialize_issue

READ = "issues:read"
WRITE = "issues:write"
_STATES = ("open", "closed")
_REASONS = ("completed", "not_planned", "reopened", "duplicate")


def list_issues(context: AppContext, call: Call) -> Reply:
    """Issues, newest first; `state` and `labels` as on GitHub."""
    names = call.query.get("labels", "").split(",")
    # An empty parameter, or two commas, name no label.
    labels = [name for name in names if name]
    issues = context.issues.list_issues(call.query.get("state", "open"), labels)
    if creator := call.query.get("creator"):
        issues = [issue for issue in issues if issue.author == creator]
    if call.query.get("direction") == "asc":
        issues.reverse()
    return paginate(call, issues, partial(serialize_issue, context, call.origin))


def find_issues(context: AppContext, call: Call) -> Reply:
    """Search issues."""
    issues = search_issues(context.issues.list_issues(), call.query.get("q", ""))
    # GitHub says True where a search took too long.
    fields = {"incomplete_results": False, "search_type": "lexical"}
    serialize = partial(_serialize_found, context, call.origin)
    return paginate(call, issues, serialize, "items", fields)


def _serialize_found(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    """An `issue-search-result-item`; all are as near to what was asked."""
    return serialize_issue(context, origin, issue) | {"score": 1.0}


def open_issue(context: AppContext, call: Call) -> Reply:
    """Open an issue."""
    title = call.body.read_text("title")
    if not title:
        details = validation_failed("Issue", "title", "missing_field")
        raise call.invalid("Validation Failed", details)
    text, labels = call.body.read_text("body"), read_labels(call)
    issue = context.issues.open(title, text, call.grant.login, labels)
    return Reply(201, serialize_issue(context, call.origin, issue))


def get_issue(context: AppContext, call: Call) -> Reply:
    """One issue."""
    issue = call.find(context.issues.get, "number")
    return Reply(body=serialize_issue(context, call.origin, issue))


def edit_issue(context: AppContext, call: Call) -> Reply:
    """Change an issue; closing it says why."""
    number = call.find(context.issues.get, "number").number
    changes = _read_state(call.body)
    if "title" in call.body:
        changes["title"] = call.body.read_text("title")
    if "body" in call.body:
        changes["body"] = call.body.read_text("body")
    if "labels" in call.body:
        changes["labels"] = read_labels(call)
    issue = context.issues.update(number, changes)
    return Reply(body=serialize_issue(context, call.origin, issue))


def _read_state(body: Body) -> IssueChanges:
    """The state a request sets, with the reason that GitHub assumes where none is given."""
    changes: IssueChanges = {}
    if "state" in body:
        state = body.read_choice("state", _STATES)
        changes["state"] = state
        changes["state_reason"] = "reopened"
        if state == "closed":
            changes["state_reason"] = "completed"
    if body.has_value("state_reason"):
        changes["state_reason"] = body.read_choice("state_reason", _REASONS)
    return changes


ROUTES = build_routes(
    "issues/issues",
    Endpoint("GET", "~/issues", READ, list_issues, "list-repository-issues"),
    Endpoint("GET", "/search/issues", READ, find_issues, "search-issues"),
    Endpoint("POST", "~/issues", WRITE, open_issue, "create-an-issue"),
    Endpoint("GET", "~/issues/{number}", READ, get_issue, "get-an-issue"),
    Endpoint("PATCH", "~/issues/{number}", WRITE, edit_issue, "update-an-issue"),
)
