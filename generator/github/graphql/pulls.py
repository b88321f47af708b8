"""GraphQL: pull requests, as gh shows and changes them.

Mutations are performed by the operations of REST, and so refuse in the same cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..context import AppContext
from ..core.clock import format_rfc3339
from ..core.errors import ApiError
from ..rest.calls import Body, Call, Reply
from ..rest.issues.comments import add_comment
from ..rest.pulls import merging, pulls, reviews
from ..rest.pulls.records import (
    REVIEW,
    Pull,
    find_fork_point,
    is_mergeable,
    list_pulls,
    read_pull,
)
from ..rest.serializers import serialize_instant
from ..storage.documents import Document
from ..storage.git.changes import FileChange, list_changes
from ..storage.git.commits import Commit, Range, list_commits
from .budget import FIELDS_A_RECORD
from .checks import describe_rollup
from .fields import (
    Arguments,
    Fields,
    Viewer,
    connect,
    connect_nothing,
    describe_actor,
    describe_label,
    make_connection,
    resolve_with,
)
from .issues import describe_comment

READ, WRITE = "read", "write"
SCOPE = "pull-requests"
_STATES = {"OPEN": "open", "CLOSED": "closed", "MERGED": "closed"}
_NUMBERED = ("PR_", "I_")


def name_state(pull: Pull) -> str:
    """`MERGED` for what is closed because of that, else the state of the issue."""
    if pull.is_merged:
        return "MERGED"
    return pull.issue.state.upper()


def describe_pull(viewer: Viewer, pull: Pull) -> Fields:
    """A pull request; what takes git's time is looked up when it is asked for."""
    issue = pull.issue
    page = f"{viewer.origin}/{viewer.context.repository}/pull/{pull.number}"
    return {
        **_list_resolvers(viewer, pull),
        **_describe_ends(viewer, pull),
        "__typename": "PullRequest",
        "id": f"PR_{pull.number}",
        "number": pull.number,
        "title": issue.title,
        "body": issue.body,
        "url": page,
        "state": name_state(pull),
        "closed": issue.state == "closed",
        "merged": pull.is_merged,
        "isDraft": bool(pull.document.fields.get("draft")),
        "author": describe_actor(issue.author),
        "createdAt": format_rfc3339(issue.created_at),
        "updatedAt": format_rfc3339(issue.updated_at),
        "closedAt": serialize_instant(issue.closed_at),
        "mergedAt": pull.document.fields.get("merged_at"),
        "maintainerCanModify": False,
        "reactionGroups": [],
        "projectCards": connect_nothing(),
    }


def _describe_ends(viewer: Viewer, pull: Pull) -> Fields:
    """Its two branches, and the commit that merged it."""
    context = viewer.context
    merge_commit = None
    if pull.is_merged:
        merge_commit = {"oid": pull.document.read_text("merge_sha")}
    return {
        "baseRefName": pull.base,
        "baseRefOid": pull.base_sha,
        "headRefName": pull.head,
        "headRefOid": pull.head_sha,
        "headRepository": {
            "id": f"R_{context.runs.repository_id}",
            "name": context.repository.partition("/")[2],
            "nameWithOwner": context.repository,
        },
        "headRepositoryOwner": describe_actor(context.owner),
        # There are no forks here.
        "isCrossRepository": False,
        "mergeCommit": merge_commit,
    }


def _list_resolvers(viewer: Viewer, pull: Pull) -> Fields:
    """The fields that stores or git are asked for."""
    context, issue = viewer.context, pull.issue
    store = context.issues
    logins = pull.document.fields.get("reviewers", [])
    load_reviews = partial(context.documents.list_all, REVIEW, pull.number)
    return {
        "assignees": connect(lambda: issue.assignees, describe_actor),
        "labels": connect(partial(store.list_labels, issue.labels), describe_label),
        "comments": connect(
            partial(store.list_comments, pull.number),
            partial(describe_comment, viewer),
        ),
        "reviews": connect(load_reviews, _describe_review),
        "latestReviews": connect(load_reviews, _describe_review),
        "reviewDecision": resolve_with(lambda _: _decide(load_reviews())),
        "reviewRequests": connect(lambda: logins, _describe_request),
        "commits": connect(
            partial(_list_commits, context, pull),
            partial(_describe_commit, viewer),
        ),
        "files": connect(partial(_list_changes, context, pull), _describe_file),
        "changedFiles": _count(context, pull, lambda _: 1),
        "additions": _count(context, pull, lambda change: change.additions),
        "deletions": _count(context, pull, lambda change: change.deletions),
        "mergeable": resolve_with(lambda _: _name_mergeable(context, pull)),
        "mergeStateStatus": resolve_with(
            lambda _: {"MERGEABLE": "CLEAN", "CONFLICTING": "DIRTY"}.get(
                _name_mergeable(context, pull), "UNKNOWN"
            )
        ),
    }


def _name_mergeable(context: AppContext, pull: Pull) -> str:
    if pull.issue.state != "open":
        return "UNKNOWN"
    if is_mergeable(context, pull):
        return "MERGEABLE"
    return "CONFLICTING"


def _list_changes(context: AppContext, pull: Pull) -> list[FileChange]:
    fork = find_fork_point(context, pull)
    return list_changes(context.git, fork, pull.head_sha)


def _count(
    context: AppContext, pull: Pull, measure: Callable[[FileChange], int]
) -> Callable[..., object]:
    """A field that adds up something over the files."""
    return resolve_with(lambda _: sum(map(measure, _list_changes(context, pull))))


def _list_commits(context: AppContext, pull: Pull) -> list[Commit]:
    fork = find_fork_point(context, pull)
    commits = list_commits(context.git, Range(pull.head_sha, fork))
    commits.reverse()
    return commits


def _describe_commit(viewer: Viewer, commit: Commit) -> Fields:
    headline, _, rest = commit.message.partition("\n")
    author = {"name": commit.author.name, "email": commit.author.email, "user": None}
    return {
        "commit": {
            "oid": commit.sha,
            "messageHeadline": headline,
            "messageBody": rest.strip("\n"),
            "authoredDate": format_rfc3339(commit.author.at),
            "committedDate": format_rfc3339(commit.committer.at),
            "authors": connect(lambda: [author], dict),
            "statusCheckRollup": resolve_with(
                lambda _: describe_rollup(viewer, commit.sha)
            ),
        }
    }


def _describe_file(change: FileChange) -> Fields:
    return {
        "path": change.path,
        "additions": change.additions,
        "deletions": change.deletions,
    }


def _describe_review(review: Document) -> Fields:
    return {
        "id": f"PRR_{review.id}",
        "author": describe_actor(review.author),
        "authorAssociation": "NONE",
        "body": review.read_text("body"),
        "state": review.fields["state"],
        "submittedAt": review.fields.get("submitted_at"),
        "commit": {"oid": review.fields.get("commit_id")},
        "reactionGroups": [],
    }


def _describe_request(login: str) -> Fields:
    return {"requestedReviewer": describe_actor(login)}


def _decide(found: list[Document]) -> str | None:
    """What the newest review of each comes to; null where none says anything."""
    newest: dict[str, str] = {}
    for review in found:
        # A comment takes no approval back.
        if review.fields["state"] in {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}:
            newest[review.author] = review.fields["state"]
    verdicts = set(newest.values())
    for verdict in ("CHANGES_REQUESTED", "APPROVED"):
        if verdict in verdicts:
            return verdict
    return None


def find_pull(viewer: Viewer, number: int) -> Fields:
    """One pull request; LookupError in GitHub's words where there is none."""
    return describe_pull(viewer, _read(viewer, number))


def _read(viewer: Viewer, number: int) -> Pull:
    viewer.require(SCOPE, READ)
    try:
        issue = viewer.context.issues.get(number)
    except KeyError:
        issue = None
    if issue is None or not issue.is_pull:
        raise LookupError(
            f"Could not resolve to a PullRequest with the number of {number}."
        )
    return read_pull(viewer.context, issue)


def list_page(viewer: Viewer, arguments: Arguments) -> Fields:
    """A page of the pull requests that have a state, a head and a base."""
    viewer.require(SCOPE, READ)
    found = list_pulls(viewer.context, "all")
    viewer.budget.charge(FIELDS_A_RECORD * len(found))
    states = arguments.get("states") or list(_STATES)
    shown = [pull for pull in found if name_state(pull) in states]
    if base := arguments.get("baseRefName"):
        shown = [pull for pull in shown if pull.base == base]
    if head := arguments.get("headRefName"):
        shown = [pull for pull in shown if pull.head == head]
    return make_connection(shown, partial(describe_pull, viewer), arguments)


def _perform(
    viewer: Viewer,
    handler: Callable[[AppContext, Call], Reply],
    number: int,
    fields: Mapping[str, object],
) -> Reply:
    """What an operation of REST answers to fields; its refusals in its words."""
    known = {name: value for name, value in fields.items() if value is not None}
    call = Call(
        method="POST",
        url_path="/graphql",
        path={"number": str(number)},
        query={},
        body=Body(known, ""),
        grant=viewer.grant,
        origin=viewer.origin,
        docs="",
    )
    try:
        return handler(viewer.context, call)
    except ApiError as error:
        details = [fault.get("message", "") for fault in error.errors or ()]
        told = "; ".join(filter(None, details))
        raise ValueError(told or error.message) from None


def parse_number(node_id: str) -> int:
    """The number in the id of a pull request or an issue."""
    for prefix in _NUMBERED:
        number = node_id.removeprefix(prefix)
        if number != node_id and number.isdecimal():
            return int(number)
    raise LookupError(f"Could not resolve to a node with the global id of '{node_id}'")


def create_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Open a pull request."""
    fields = {
        "title": values["title"],
        "body": values.get("body"),
        "head": values["headRefName"],
        "base": values["baseRefName"],
        "draft": values.get("draft"),
    }
    reply = _perform(viewer, pulls.open_pull, 0, fields)
    body = reply.body
    assert isinstance(body, dict)  # noqa: S101 - for the type checker: it shows one
    return {"pullRequest": find_pull(viewer, body["number"])}


def edit_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Change title, body, base or state."""
    fields = {
        "title": values.get("title"),
        "body": values.get("body"),
        "base": values.get("baseRefName"),
        "state": _STATES.get(values.get("state") or ""),
    }
    return _edit(viewer, values["pullRequestId"], fields)


def _edit(viewer: Viewer, node_id: str, fields: Mapping[str, object]) -> Fields:
    number = parse_number(node_id)
    _perform(viewer, pulls.edit_pull, number, fields)
    return {"pullRequest": find_pull(viewer, number)}


def close_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Close a pull request without merging it."""
    return _edit(viewer, values["pullRequestId"], {"state": "closed"})


def reopen_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Open a pull request again."""
    return _edit(viewer, values["pullRequestId"], {"state": "open"})


def merge_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Merge a pull request."""
    # It writes to a branch.
    viewer.require("contents", WRITE)
    number = parse_number(values["pullRequestId"])
    fields = {
        "merge_method": (values.get("mergeMethod") or "MERGE").lower(),
        "commit_title": values.get("commitHeadline"),
        "commit_message": values.get("commitBody"),
        "sha": values.get("expectedHeadOid"),
    }
    _perform(viewer, merging.merge_pull, number, fields)
    return {"pullRequest": find_pull(viewer, number)}


def review_pull(viewer: Viewer, values: Arguments) -> Fields:
    """Review a pull request."""
    number = parse_number(values["pullRequestId"])
    fields = {"body": values.get("body"), "event": values.get("event")}
    _perform(viewer, reviews.create_review, number, fields)
    return {"pullRequest": find_pull(viewer, number)}


def comment_on(viewer: Viewer, values: Arguments) -> Fields:
    """Comment on an issue or a pull request."""
    number = parse_number(values["subjectId"])
    reply = _perform(viewer, add_comment, number, {"body": values["body"]})
    body = reply.body
    assert isinstance(body, dict)  # noqa: S101 - for the type checker: it shows one
    comment = viewer.context.issues.get_comment(body["id"])
    return {"commentEdge": {"node": describe_comment(viewer, comment)}}


# As in `issues.py`: a mutation is a function of its input, and a row in the schema.
MUTATIONS: dict[str, Callable[[Viewer, Arguments], Fields]] = {
    "createPullRequest": create_pull,
    "updatePullRequest": edit_pull,
    "closePullRequest": close_pull,
    "reopenPullRequest": reopen_pull,
    "mergePullRequest": merge_pull,
    "addPullRequestReview": review_pull,
}
