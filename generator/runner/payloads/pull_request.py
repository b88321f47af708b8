"""The payload of a pull request."""

from __future__ import annotations

from typing import NamedTuple

from ..repository import Repository
from .common import Addresses, Payload, make_repository, make_user
from .history import History

PULL_REQUEST_NUMBER = 1
# What nobody has done to it.
_UNTOUCHED: Payload = {
    "body": None,
    "assignee": None,
    "assignees": [],
    "requested_reviewers": [],
    "requested_teams": [],
    "labels": [],
    "milestone": None,
    "active_lock_reason": None,
    "auto_merge": None,
}
_LABEL: Payload = {
    "id": 1,
    "node_id": "LA_1",
    "name": "training",
    "color": "ededed",
    "default": False,
    "description": None,
}


class PullRequest(NamedTuple):
    """A pull request: its branches, the fork that its head is in ("" for none)."""

    base: str
    head: str
    fork: str
    activity: str
    actor: str


def make_pull_request(
    addresses: Addresses, repository: Repository, history: History, pull: PullRequest
) -> Payload:
    """What happened to a pull request from the present commit."""
    shown = _make_pull(addresses, repository, history, pull)
    payload = {
        "action": pull.activity,
        "number": PULL_REQUEST_NUMBER,
        "pull_request": shown,
    }
    return payload | _make_details(addresses, repository, history, pull)


def _make_details(
    addresses: Addresses, repository: Repository, history: History, pull: PullRequest
) -> Payload:
    """What some activities tell besides."""
    user = make_user(addresses, pull.actor)
    if pull.activity == "synchronize":
        before = repository.parent_sha or history.base_sha
        return {"before": before, "after": repository.sha}
    if pull.activity in {"labeled", "unlabeled"}:
        url = f"{addresses.api}/repos/{repository.name}/labels/{_LABEL['name']}"
        return {"label": {**_LABEL, "url": url}}
    if pull.activity in {"assigned", "unassigned"}:
        return {"assignee": user}
    if pull.activity in {"review_requested", "review_request_removed"}:
        return {"requested_reviewer": user}
    if pull.activity == "edited":
        return {"changes": {}}
    return {}


def _make_pull(
    addresses: Addresses, repository: Repository, history: History, pull: PullRequest
) -> Payload:
    at = history.committed_at
    is_closed = pull.activity == "closed"
    user = make_user(addresses, pull.actor)
    base = make_repository(addresses, repository, at)
    head = make_repository(addresses, repository, at, fork=pull.fork)
    return {
        **_list_links(addresses, repository),
        "id": PULL_REQUEST_NUMBER,
        "node_id": f"PR_{PULL_REQUEST_NUMBER}",
        "number": PULL_REQUEST_NUMBER,
        "locked": pull.activity == "locked",
        "title": repository.subject,
        "user": user,
        "created_at": at,
        "updated_at": at,
        **_UNTOUCHED,
        "author_association": "CONTRIBUTOR" if pull.fork else "OWNER",
        "draft": pull.activity == "converted_to_draft",
        "head": _make_end(addresses, head, pull.head, repository.sha),
        "base": _make_end(addresses, base, pull.base, history.base_sha),
        **_describe_state(at, user, is_closed=is_closed),
        # The run is of the head's files: nothing was merged into them.
        "merge_commit_sha": repository.sha,
        "maintainer_can_modify": False,
        "comments": 0,
        "review_comments": 0,
        "commits": history.commits,
        "additions": history.additions,
        "deletions": history.deletions,
        "changed_files": history.changed_files,
    }


def _make_end(
    addresses: Addresses, repository: Payload, branch: str, sha: str
) -> Payload:
    """The head or the base: a branch of a repository, and its commit."""
    owner = repository["owner"]["login"]
    return {
        "label": f"{owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": make_user(addresses, owner),
        "repo": repository,
    }


def _describe_state(at: str, user: Payload, *, is_closed: bool) -> Payload:
    """An open one, or one that was closed by merging it."""
    if is_closed:
        return {
            "state": "closed",
            "closed_at": at,
            "merged_at": at,
            "merged": True,
            "merged_by": user,
            "mergeable": None,
            "rebaseable": None,
            "mergeable_state": "unknown",
        }
    return {
        "state": "open",
        "closed_at": None,
        "merged_at": None,
        "merged": False,
        "merged_by": None,
        "mergeable": True,
        "rebaseable": True,
        "mergeable_state": "clean",
    }


def _list_links(addresses: Addresses, repository: Repository) -> Payload:
    api = f"{addresses.api}/repos/{repository.name}"
    url = f"{api}/pulls/{PULL_REQUEST_NUMBER}"
    issue = f"{api}/issues/{PULL_REQUEST_NUMBER}"
    page = f"{addresses.site}/{repository.name}/pull/{PULL_REQUEST_NUMBER}"
    links = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{repository.sha}",
    }
    body: Payload = {"url": url, "html_url": page, "issue_url": issue}
    for name in ("comments", "review_comments", "review_comment", "commits"):
        body[f"{name}_url"] = links[name]
    body["statuses_url"] = links["statuses"]
    body["diff_url"] = f"{page}.diff"
    body["patch_url"] = f"{page}.patch"
    body["_links"] = {name: {"href": address} for name, address in links.items()}
    return body
