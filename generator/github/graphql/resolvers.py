"""GraphQL, as far as gh asks for issues.

Releases and the repository through it [docs.github.com/graphql].

A query is executed, not validated: a field that is not served here is left out of the
answer, and gh goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..context import AppContext
from ..core.clock import rfc3339
from ..core.errors import forbidden
from ..core.models import Comment, Issue
from ..core.tokens import Grant
from ..rest.issues.search import search_issues
from .fields import (
    Fields,
    actor_fields,
    connection,
    issue_number,
    label_fields,
    label_name,
    release_fields,
)

if TYPE_CHECKING:
    from graphql import GraphQLSchema


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    from graphql import build_schema  # noqa: PLC0415 - 90 ms that only the first GraphQL call pays

    return build_schema(Path(__file__).with_name("schema.graphql").read_text("utf-8"))


def answer_graphql(
    context: AppContext, grant: Grant, origin: str, body: Mapping[str, object]
) -> Mapping[str, object]:
    """Execute one request body (`query`, `variables`, `operationName`)."""
    from graphql import GraphQLError, execute_sync, parse  # noqa: PLC0415 - as above

    variables, name = body.get("variables"), body.get("operationName")
    try:
        document = parse(str(body.get("query", "")))
    except GraphQLError as error:
        return {"errors": [{"message": error.message}]}
    root = _Root(context, grant, origin)
    result = execute_sync(
        _schema(),
        document,
        root.fields(),
        variable_values=dict(variables) if isinstance(variables, Mapping) else {},
        operation_name=name if isinstance(name, str) else None,
    )
    answer: dict[str, object] = {"data": result.data}
    if result.errors:
        answer["errors"] = [
            {"message": error.message, "path": error.path} for error in result.errors
        ]
    return answer


class _Root:
    """What a query starts from.

    Every value is a plain one, or a function of the field's arguments.
    """

    def __init__(self, context: AppContext, grant: Grant, origin: str) -> None:
        self._context = context
        self._grant = grant
        self._origin = origin

    def fields(self) -> Fields:
        """The fields of Query and of Mutation; names do not clash."""
        return {
            "repository": lambda _, owner, name: self._repository(owner, name),
            "viewer": actor_fields(self._grant.login),
            "search": lambda _, **arguments: self._search(arguments),
            "node": lambda _, id: self._node(id),  # noqa: A006 - the argument's name in the schema
            "createIssue": self._mutation(self._create_issue),
            "updateIssue": self._mutation(self._update_issue),
            "closeIssue": self._mutation(self._close_issue),
            "reopenIssue": self._mutation(self._reopen_issue),
            "addComment": self._mutation(self._add_comment),
            "addLabelsToLabelable": self._mutation(self._add_labels),
            "removeLabelsFromLabelable": self._mutation(self._remove_labels),
        }

    def _mutation(self, perform: Callable[[Fields], Fields]) -> Callable[..., Fields]:
        def resolve(_: object, **arguments: Fields) -> Fields:
            self._require("issues", "write")
            return perform(arguments["input"])

        return resolve

    def _require(self, scope: str, level: str) -> None:
        if not self._grant.allows(scope, level):
            raise forbidden()

    def _repository(self, owner: str, name: str) -> Fields | None:
        if f"{owner}/{name}".lower() != self._context.repository.lower():
            return None
        return {
            "id": f"R_{self._context.runs.repository_id}",
            "name": name,
            "nameWithOwner": self._context.repository,
            "owner": actor_fields(self._context.owner),
            "url": f"{self._origin}/{self._context.repository}",
            "isPrivate": True,
            "isFork": False,
            "hasIssuesEnabled": True,
            "hasWikiEnabled": False,
            "viewerPermission": "ADMIN" if self._grant.run_id is None else "WRITE",
            "defaultBranchRef": {"name": self._context.default_branch},
            "mergeCommitAllowed": True,
            "rebaseMergeAllowed": True,
            "squashMergeAllowed": True,
            "issueTemplates": [],
            "issue": lambda _, number: self._issue_by_number(number),
            "issueOrPullRequest": lambda _, number: self._issue_by_number(number),
            "issues": lambda _, **arguments: self._issues(arguments),
            "label": lambda _, name: self._label_named(name),
            "labels": lambda _, **arguments: connection(self._labels(), arguments),
            "release": lambda _, tagName: self._release_of(tagName),  # noqa: N803 - as above
            "assignableUsers": lambda _, **arguments: connection([], arguments),
            "milestones": lambda _, **arguments: connection([], arguments),
            "projects": lambda _, **arguments: connection([], arguments),
            "pullRequests": lambda _, **arguments: connection([], arguments),
            "releases": lambda _, **arguments: self._releases(arguments),
        }

    def _issues(self, arguments: Fields) -> Fields:
        self._require("issues", "read")
        states = [
            state.lower() for state in arguments.get("states") or ("OPEN", "CLOSED")
        ]
        wanted = (
            arguments.get("labels")
            or (arguments.get("filterBy") or {}).get("labels")
            or ()
        )
        found = [
            issue
            for issue in self._context.issues.select("all", wanted)
            if issue.state in states
        ]
        return connection([self._issue(issue) for issue in found], arguments)

    def _labels(self) -> list[Fields]:
        return [label_fields(label) for label in self._context.issues.labels()]

    def _label_named(self, name: str) -> Fields | None:
        found = self._context.issues.labels([name])
        return label_fields(found[0]) if found else None

    def _release_of(self, tag: str) -> Fields | None:
        self._require("contents", "read")
        found = self._context.releases.select("tag = ?", [tag])
        return release_fields(found[0], None) if found else None

    def _search(self, arguments: Fields) -> Fields:
        self._require("issues", "read")
        found = [
            self._issue(issue)
            for issue in search_issues(self._context.issues, arguments["query"])
        ]
        # gh asks for the "last" N where it means a page from the top.
        page = connection(
            found,
            {
                "first": arguments.get("first") or arguments.get("last"),
                "after": arguments.get("after"),
            },
        )
        return page | {"issueCount": len(found)}

    def _node(self, node_id: str) -> Fields | None:
        kind, _, number = node_id.partition("_")
        return (
            self._issue_by_number(int(number))
            if kind == "I" and number.isdecimal()
            else None
        )

    def _releases(self, arguments: Fields) -> Fields:
        self._require("contents", "read")
        found = self._context.releases.select()
        latest = next(
            (one.id for one in found if not one.draft and not one.prerelease), None
        )
        return connection([release_fields(one, latest) for one in found], arguments)

    def _issue_by_number(self, number: int) -> Fields:
        self._require("issues", "read")
        try:
            return self._issue(self._context.issues.get(number))
        except KeyError:
            raise LookupError(
                f"Could not resolve to an issue or pull request with the number of {number}."
            ) from None

    def _issue(self, issue: Issue) -> Fields:
        url = f"{self._origin}/{self._context.repository}/issues/{issue.number}"
        labels = [
            label_fields(label) for label in self._context.issues.labels(issue.labels)
        ]
        comments = [
            self._comment(comment)
            for comment in self._context.issues.comments(issue.number)
        ]
        return {
            "__typename": "Issue",
            "id": f"I_{issue.number}",
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "url": url,
            "state": issue.state.upper(),
            "stateReason": issue.state_reason.upper() if issue.state_reason else None,
            "closed": issue.state == "closed",
            "author": actor_fields(issue.author),
            "createdAt": rfc3339(issue.created_at),
            "updatedAt": rfc3339(issue.updated_at),
            "closedAt": rfc3339(issue.closed_at) if issue.closed_at else None,
            "labels": lambda _, **arguments: connection(labels, arguments),
            "assignees": lambda _, **arguments: connection([], arguments),
            "comments": lambda _, **arguments: connection(comments, arguments),
            "projectCards": lambda _, **arguments: connection([], arguments),
            "reactionGroups": [],
        }

    def _comment(self, comment: Comment) -> Fields:
        page = (
            f"{self._origin}/{self._context.repository}/issues/{comment.issue_number}"
        )
        return {
            "__typename": "IssueComment",
            "id": f"IC_{comment.id}",
            "author": actor_fields(comment.author),
            "authorAssociation": "OWNER"
            if comment.author == self._context.owner
            else "NONE",
            "body": comment.body,
            "url": f"{page}#issuecomment-{comment.id}",
            "createdAt": rfc3339(comment.created_at),
            "includesCreatedEdit": comment.updated_at != comment.created_at,
            "isMinimized": False,
            "reactionGroups": [],
            "viewerDidAuthor": comment.author == self._grant.login,
        }

    def _create_issue(self, given: Fields) -> Fields:
        labels = [label_name(label_id) for label_id in given.get("labelIds") or ()]
        issue = self._context.issues.open(
            given["title"], given.get("body") or "", self._grant.login, labels
        )
        return {"issue": self._issue(issue)}

    def _update_issue(self, given: Fields) -> Fields:
        changes = {
            name: given[name]
            for name in ("title", "body")
            if given.get(name) is not None
        }
        if given.get("state"):
            changes["state"] = given["state"].lower()
        if given.get("labelIds") is not None:
            changes["labels"] = [label_name(label_id) for label_id in given["labelIds"]]
        return {
            "issue": self._issue(
                self._context.issues.edit(issue_number(given["id"]), **changes)
            )
        }

    def _close_issue(self, given: Fields) -> Fields:
        reason = (given.get("stateReason") or "COMPLETED").lower()
        issue = self._context.issues.edit(
            issue_number(given["issueId"]), state="closed", state_reason=reason
        )
        return {"issue": self._issue(issue)}

    def _reopen_issue(self, given: Fields) -> Fields:
        issue = self._context.issues.edit(
            issue_number(given["issueId"]), state="open", state_reason="reopened"
        )
        return {"issue": self._issue(issue)}

    def _add_labels(self, given: Fields) -> Fields:
        issue = self._context.issues.get(issue_number(given["labelableId"]))
        names = [label_name(label_id) for label_id in given["labelIds"]]
        self._context.issues.edit(
            issue.number, labels=list(dict.fromkeys([*issue.labels, *names]))
        )
        return {}

    def _remove_labels(self, given: Fields) -> Fields:
        issue = self._context.issues.get(issue_number(given["labelableId"]))
        names = {label_name(label_id) for label_id in given["labelIds"]}
        self._context.issues.edit(
            issue.number, labels=[name for name in issue.labels if name not in names]
        )
        return {}

    def _add_comment(self, given: Fields) -> Fields:
        comment = self._context.issues.comment(
            issue_number(given["subjectId"]), given["body"], self._grant.login
        )
        return {"commentEdge": {"node": self._comment(comment)}}
