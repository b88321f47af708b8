"""GraphQL: finding issues and pull requests, by a search or by their ids."""

from __future__ import annotations

from functools import partial

from ..core.issue_search import search_issues
from ..core.models import Issue
from ..rest.pulls.records import read_pull
from .budget import FIELDS_A_RECORD
from .fields import Arguments, Fields, Viewer, make_connection
from .issues import describe_issue, find_issue
from .pulls import describe_pull, find_pull, parse_number


def find_issues(viewer: Viewer, arguments: Arguments) -> Fields:
    """A page of the issues and pull requests that a search matches."""
    viewer.require("issues", "read")
    everything = viewer.context.issues.list_issues(include_pulls=True)
    viewer.budget.charge(FIELDS_A_RECORD * len(everything))
    found = search_issues(everything, arguments["query"])
    # gh asks for the "last" N where it means a page from the top.
    page = {
        "first": arguments.get("first") or arguments.get("last"),
        "after": arguments.get("after"),
    }
    connection = make_connection(found, partial(_describe, viewer), page)
    return connection | {"issueCount": len(found)}


def _describe(viewer: Viewer, issue: Issue) -> Fields:
    if issue.is_pull:
        return describe_pull(viewer, read_pull(viewer.context, issue))
    return describe_issue(viewer, issue)


def find_node(viewer: Viewer, arguments: Arguments) -> Fields:
    """An issue or pull request by its id; LookupError for whatever else."""
    number = parse_number(arguments["id"])
    if arguments["id"].startswith("PR_"):
        return find_pull(viewer, number)
    return find_issue(viewer, number)
