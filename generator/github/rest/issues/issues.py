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
from .serializers import MILESTONE, serialize_issue
from .texts import read_comment_text, read_title

READ = "issues:read"
WRITE = "issues:write"
_STATES = ("open", "closed")
_REASONS = ("completed", "not_planned", "reopened", "duplicate")


def list_issues(context: AppContext, call: Call) -> Reply:
    """Issues, newest first; `state` and `labels` as on GitHub."""
    names = call.query.get("labels", "").split(",")
    # An empty parameter, or two commas, name no label.
    labels = [name for name in names if name]
    state = call.query.get("state", "open")
    # As on GitHub, a pull request is an issue here.
    issues = context.issues.list_issues(state, labels, include_pulls=True)
    if assignee := call.query.get("assignee"):
        issues = [issue for issue in issues if _is_assigned(issue, assignee)]
    if creator := call.query.get("creator"):
        issues = [issue for issue in issues if issue.author == creator]
    if call.query.get("direction") == "asc":
        issues.reverse()
    return paginate(call, issues, partial(serialize_issue, context, call.origin))


def _is_assigned(issue: Issue, assignee: str) -> bool:
    """Whether an issue is somebody's: a login's, anybody's (`*`) or nobody's (`none`)."""
    if assignee == "*":
        return bool(issue.assignees)
    if assignee == "none":
        return not issue.assignees
    return assignee in issue.assignees


def find_issues(context: AppContext, call: Call) -> Reply:
    """Search issues."""
    everything = context.issues.list_issues(include_pulls=True)
    issues = search_issues(everything, call.query.get("q", ""))
    # GitHub says True where a search took too long.
    fields = {"incomplete_results": False, "search_type": "lexical"}
    serialize = partial(_serialize_found, context, call.origin)
    return paginate(call, issues, serialize, "items", fields)


def _serialize_found(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    """An `issue-search-result-item`; all are as near to what was asked."""
    return serialize_issue(context, origin, issue) | {"score": 1.0}


def open_issue(context: AppContext, call: Call) -> Reply:
    """Open an issue."""
    title = read_title(call, "Issue")
    text, labels = read_comment_text(call, "body", "Issue"), read_labels(call)
    # Read before anything is stored: a refused request changes nothing.
    changes = _read_people(context, call)
    issue = context.issues.open(title, text, call.grant.login, labels)
    if changes:
        issue = context.issues.update(issue.number, changes)
    body = serialize_issue(context, call.origin, issue)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_people(context: AppContext, call: Call) -> IssueChanges:
    """Assignees and milestone of a request; who cannot be assigned is passed over."""
    changes: IssueChanges = {}
    if "assignees" in call.body:
        owner = context.owner.lower()
        logins = call.body.read_texts("assignees")
        changes["assignees"] = [one for one in logins if one.lower() == owner]
    if "milestone" in call.body:
        number = call.body.read_integer("milestone")
        known = {one.key for one in context.documents.list_all(MILESTONE)}
        if number is not None and str(number) not in known:
            details = validation_failed("Issue", "milestone", "invalid")
            raise call.invalid("Validation Failed", details)
        changes["milestone"] = number
    return changes


def get_issue(context: AppContext, call: Call) -> Reply:
    """One issue."""
    issue = call.find(context.issues.get, "number")
    return Reply(body=serialize_issue(context, call.origin, issue))


def edit_issue(context: AppContext, call: Call) -> Reply:
    """Change an issue; closing it says why."""
    number = call.find(context.issues.get, "number").number
    changes = _read_state(call.body)
    changes.update(_read_people(context, call))
    if "title" in call.body:
        changes["title"] = read_title(call, "Issue")
    if "body" in call.body:
        changes["body"] = read_comment_text(call, "body", "Issue")
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
