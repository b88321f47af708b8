"""The search language of issues, as far as gh and scripts use it: qualifiers and words.

Syntax from docs.github.com, "Searching issues and pull requests".
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from .models import Issue

_STATES = ("open", "closed")
_PULL_REQUEST = ("pr", "pull-request")


def search_issues(issues: Sequence[Issue], query: str) -> list[Issue]:
    """Issues that a search such as `label:"state lost" is:open words` matches, in their order.

    Qualifiers understood: label, state, is (open, closed, issue, pr), type, author,
    assignee. Others are ignored: every issue here is of the one repository. A query with
    an open quote matches nothing.
    """
    try:
        terms = shlex.split(query)
    except ValueError:
        return []
    remaining = list(issues)
    for term in terms:
        remaining = [issue for issue in remaining if _matches(issue, term)]
    return remaining


def _matches(issue: Issue, term: str) -> bool:
    qualifier, colon, value = term.partition(":")
    if not colon:
        return term.lower() in f"{issue.title}\n{issue.body}".lower()
    if qualifier == "label":
        return value.lower() in (label.lower() for label in issue.labels)
    if qualifier in ("state", "is") and value in _STATES:
        return issue.state == value
    if qualifier in ("author", "assignee"):
        people = {"author": (issue.author,), "assignee": issue.assignees}
        return value in people[qualifier]
    if qualifier in ("is", "type") and value in (*_PULL_REQUEST, "issue"):
        return issue.is_pull == (value in _PULL_REQUEST)
    return True
