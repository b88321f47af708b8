"""The search language of issues, as far as gh and scripts use it: qualifiers and words."""

from __future__ import annotations

import shlex

from ...core.models import Issue
from ...storage.issues import IssueStore


def search_issues(issues: IssueStore, query: str) -> list[Issue]:
    """Issues that a search such as `label:"state lost" is:open words` finds, newest first.

    Qualifiers understood: label, state, is (open, closed), author; repo and type are
    taken for granted.
    """
    try:
        terms = shlex.split(query)
    except ValueError:
        return []
    found = issues.select("all")
    for term in terms:
        key, colon, value = term.partition(":")
        if not colon:
            found = [
                issue
                for issue in found
                if term.lower() in f"{issue.title}\n{issue.body}".lower()
            ]
        elif key == "label":
            wanted = value.lower()
            found = [
                issue
                for issue in found
                if wanted in (label.lower() for label in issue.labels)
            ]
        elif (key, value) in (
            ("state", "open"),
            ("state", "closed"),
            ("is", "open"),
            ("is", "closed"),
        ):
            found = [issue for issue in found if issue.state == value]
        elif key == "author":
            found = [issue for issue in found if issue.author == value]
        elif value in ("pr", "pull-request") and key in ("is", "type"):
            found = []
    return found
