"""GraphQL: issues and their comments, as queries show and mutations change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..core.clock import format_rfc3339
from ..core.models import Comment, Issue
from ..rest.serializers import serialize_instant
from ..storage.issues import IssueChanges
from .budget import FIELDS_A_RECORD
from .fields import (
    Arguments,
    Fields,
    Viewer,
    connect,
    connect_nothing,
    describe_actor,
    describe_label,
    make_connection,
    parse_label_ids,
)

Mutation = Callable[[Viewer, Arguments], Fields]


def describe_issue(viewer: Viewer, issue: Issue) -> Fields:
    """An issue with its labels and comments."""
    store = viewer.context.issues
    state_reason = None
    if issue.state_reason:
        state_reason = issue.state_reason.upper()
    return {
        "__typename": "Issue",
        "id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "url": _link_issue(viewer, issue.number),
        "state": issue.state.upper(),
        "stateReason": state_reason,
        "closed": issue.state == "closed",
        "author": describe_actor(issue.author),
        "createdAt": format_rfc3339(issue.created_at),
        "updatedAt": format_rfc3339(issue.updated_at),
        "closedAt": serialize_instant(issue.closed_at),
        "labels": connect(partial(store.list_labels, issue.labels), describe_label),
        # As for the repository: gh asks for what there is none of here.
        "assignees": connect_nothing(),
        "comments": connect(
            partial(store.list_comments, issue.number),
            partial(describe_comment, viewer),
        ),
        "projectCards": connect_nothing(),
        "reactionGroups": [],
    }


def describe_comment(viewer: Viewer, comment: Comment) -> Fields:
    """A comment."""
    association = "NONE"
    if comment.author == viewer.context.owner:
        association = "OWNER"
    page = _link_issue(viewer, comment.issue_number)
    return {
        "__typename": "IssueComment",
        "id": f"IC_{comment.id}",
        "author": describe_actor(comment.author),
        "authorAssociation": association,
        "body": comment.body,
        "url": f"{page}#issuecomment-{comment.id}",
        "createdAt": format_rfc3339(comment.created_at),
        "includesCreatedEdit": comment.updated_at != comment.created_at,
        "isMinimized": False,
        "reactionGroups": [],
        "viewerDidAuthor": comment.author == viewer.grant.login,
    }


def _link_issue(viewer: Viewer, number: int) -> str:
    return f"{viewer.origin}/{viewer.context.repository}/issues/{number}"


def find_issue(viewer: Viewer, number: int) -> Fields:
    """One issue; LookupError in GitHub's words where there is none."""
    viewer.require("issues", "read")
    try:
        issue = viewer.context.issues.get(number)
    except KeyError:
        raise LookupError(
            "Could not resolve to an issue or pull request "
            f"with the number of {number}."
        ) from None
    return describe_issue(viewer, issue)


def list_issues(viewer: Viewer, arguments: Arguments) -> Fields:
    """A page of the issues that have a state and all of the labels."""
    viewer.require("issues", "read")
    states = arguments.get("states") or ("OPEN", "CLOSED")
    filters = arguments.get("filterBy") or {}
    labels = arguments.get("labels") or filters.get("labels") or ()
    issues = [
        issue for issue in _read_issues(viewer, labels) if issue.state.upper() in states
    ]
    return make_connection(issues, partial(describe_issue, viewer), arguments)


def _read_issues(viewer: Viewer, labels: Sequence[str] = ()) -> list[Issue]:
    """Issues that bear all of the labels, newest first."""
    issues = viewer.context.issues.list_issues(labels=labels)
    viewer.budget.charge(FIELDS_A_RECORD * len(issues))
    return issues


def create_issue(viewer: Viewer, values: Arguments) -> Fields:
    """Open an issue."""
    issue = viewer.context.issues.open(
        values["title"],
        values.get("body") or "",
        viewer.grant.login,
        parse_label_ids(values.get("labelIds")),
    )
    return {"issue": describe_issue(viewer, issue)}


def update_issue(viewer: Viewer, values: Arguments) -> Fields:
    """Change title, body, state or labels."""
    changes: IssueChanges = {}
    if values.get("title") is not None:
        changes["title"] = values["title"]
    if values.get("body") is not None:
        changes["body"] = values["body"]
    if values.get("state"):
        changes["state"] = values["state"].lower()
    if values.get("labelIds") is not None:
        changes["labels"] = parse_label_ids(values["labelIds"])
    return _edit_issue(viewer, values["id"], changes)


def close_issue(viewer: Viewer, values: Arguments) -> Fields:
    """Close an issue."""
    reason = (values.get("stateReason") or "COMPLETED").lower()
    changes: IssueChanges = {"state": "closed", "state_reason": reason}
    return _edit_issue(viewer, values["issueId"], changes)


def reopen_issue(viewer: Viewer, values: Arguments) -> Fields:
    """Open an issue again."""
    changes: IssueChanges = {"state": "open", "state_reason": "reopened"}
    return _edit_issue(viewer, values["issueId"], changes)


def _edit_issue(viewer: Viewer, node_id: str, changes: IssueChanges) -> Fields:
    issue = viewer.context.issues.update(parse_issue_id(node_id), changes)
    return {"issue": describe_issue(viewer, issue)}


def parse_issue_id(node_id: str) -> int:
    """The number in the id of an issue or a pull request."""
    return int(node_id.removeprefix("PR_").removeprefix("I_"))


def add_labels(viewer: Viewer, values: Arguments) -> Fields:
    """Put labels on an issue, besides those it has."""
    issue = viewer.context.issues.get(parse_issue_id(values["labelableId"]))
    names = [*issue.labels, *parse_label_ids(values["labelIds"])]
    viewer.context.issues.update(issue.number, {"labels": list(dict.fromkeys(names))})
    return {}


def remove_labels(viewer: Viewer, values: Arguments) -> Fields:
    """Take labels off an issue."""
    issue = viewer.context.issues.get(parse_issue_id(values["labelableId"]))
    removed = parse_label_ids(values["labelIds"])
    names = [name for name in issue.labels if name not in removed]
    viewer.context.issues.update(issue.number, {"labels": names})
    return {}


# A mutation is a function of its input, and a row here and in schema.graphql.
MUTATIONS: dict[str, Mutation] = {
    "createIssue": create_issue,
    "updateIssue": update_issue,
    "closeIssue": close_issue,
    "reopenIssue": reopen_issue,
    "addLabelsToLabelable": add_labels,
    "removeLabelsFromLabelable": remove_labels,
}
