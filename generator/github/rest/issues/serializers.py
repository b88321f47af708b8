"""How REST shows issues, and what belongs to them [docs.github.com/rest/issues]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Comment, Issue, Label
from ...storage.documents import Document
from ..calls import JsonObject
from ..schemas.users import serialize_user
from ..serializers import serialize_instant

MILESTONE = "milestone"
REACTION = "reaction"
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
# Labels that every new repository has [docs.github.com, "Managing labels"].
_DEFAULT_LABELS = frozenset(
    {
        "bug",
        "documentation",
        "duplicate",
        "enhancement",
        "good first issue",
        "help wanted",
        "invalid",
        "question",
        "wontfix",
    }
)


def serialize_issue(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    """An `issue`; a pull request is one, too."""
    url = f"{origin}/repos/{context.repository}/issues/{issue.number}"
    assignees = list(map(partial(serialize_user, origin), issue.assignees))
    body: JsonObject = {
        "id": issue.number,
        "node_id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "user": serialize_user(origin, issue.author),
        "author_association": name_association(context, issue.author),
        "labels": serialize_labels(context, origin, issue.labels),
        "assignees": assignees,
        "assignee": None,
        "milestone": find_milestone(context, origin, issue.milestone),
        "locked": issue.is_locked,
        "active_lock_reason": issue.lock_reason or None,
        "comments": issue.comments,
        "created_at": format_rfc3339(issue.created_at),
        "updated_at": format_rfc3339(issue.updated_at),
        "closed_at": serialize_instant(issue.closed_at),
        "closed_by": None,
        **_list_links(context, origin, issue),
        "reactions": count_reactions(context, url, f"issues/{issue.number}"),
        "performed_via_github_app": None,
    }
    if assignees:
        body["assignee"] = assignees[0]
    if issue.state == "closed":
        body["closed_by"] = serialize_user(origin, issue.author)
    return body


def _list_links(context: AppContext, origin: str, issue: Issue) -> JsonObject:
    repository_url = f"{origin}/repos/{context.repository}"
    url = f"{repository_url}/issues/{issue.number}"
    page = f"{origin}/{context.repository}"
    links: JsonObject = {
        "url": url,
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "labels_url": f"{url}/labels{{/name}}",
        "html_url": f"{page}/issues/{issue.number}",
        "repository_url": repository_url,
    }
    if issue.is_pull:
        pull = f"{page}/pull/{issue.number}"
        links["html_url"] = pull
        links["pull_request"] = {
            "url": f"{repository_url}/pulls/{issue.number}",
            "html_url": pull,
            "diff_url": f"{pull}.diff",
            "patch_url": f"{pull}.patch",
            "merged_at": None,
        }
    return links


def name_association(context: AppContext, login: str) -> str:
    """What somebody is to the repository: an `author-association`."""
    if login.lower() == context.owner.lower():
        return "OWNER"
    if login.endswith("[bot]"):
        return "CONTRIBUTOR"
    return "NONE"


def serialize_comment(context: AppContext, origin: str, comment: Comment) -> JsonObject:
    """An `issue-comment`."""
    issues = f"{origin}/repos/{context.repository}/issues"
    page = f"{origin}/{context.repository}/issues/{comment.issue_number}"
    url = f"{issues}/comments/{comment.id}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "user": serialize_user(origin, comment.author),
        "author_association": name_association(context, comment.author),
        "created_at": format_rfc3339(comment.created_at),
        "updated_at": format_rfc3339(comment.updated_at),
        "url": url,
        "issue_url": f"{issues}/{comment.issue_number}",
        "html_url": f"{page}#issuecomment-{comment.id}",
        "reactions": count_reactions(context, url, f"issues/comments/{comment.id}"),
        "performed_via_github_app": None,
    }


def serialize_label(context: AppContext, origin: str, label: Label) -> JsonObject:
    """A `label`."""
    labels = f"{origin}/repos/{context.repository}/labels"
    return {
        "id": label.id,
        "node_id": f"LA_{label.name}",
        "url": f"{labels}/{quote(label.name, safe='')}",
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "default": label.name.lower() in _DEFAULT_LABELS,
        # Since the version of March 2026.
        "archived_at": None,
        "archived_by": None,
    }


def serialize_labels(
    context: AppContext, origin: str, names: Sequence[str]
) -> list[JsonObject]:
    """The labels of some names."""
    serialize = partial(serialize_label, context, origin)
    return list(map(serialize, context.issues.list_labels(names)))


def serialize_milestone(
    context: AppContext, origin: str, milestone: Document
) -> JsonObject:
    """A `milestone`; its number is its key."""
    number = int(milestone.key)
    milestones = f"{origin}/repos/{context.repository}/milestones"
    counts = {"open": 0, "closed": 0}
    for issue in context.issues.list_issues(include_pulls=True):
        if issue.milestone == number:
            counts[issue.state] += 1
    closed_at = None
    if milestone.fields["state"] == "closed":
        closed_at = format_rfc3339(milestone.updated_at)
    return {
        "url": f"{milestones}/{number}",
        "html_url": f"{origin}/{context.repository}/milestone/{number}",
        "labels_url": f"{milestones}/{number}/labels",
        "id": milestone.id,
        "node_id": f"MI_{milestone.id}",
        "number": number,
        "state": milestone.fields["state"],
        "title": milestone.fields["title"],
        "description": milestone.fields.get("description"),
        "creator": serialize_user(origin, milestone.author),
        "open_issues": counts["open"],
        "closed_issues": counts["closed"],
        "created_at": format_rfc3339(milestone.created_at),
        "updated_at": format_rfc3339(milestone.updated_at),
        "closed_at": closed_at,
        "due_on": milestone.fields.get("due_on"),
    }


def find_milestone(
    context: AppContext, origin: str, number: int | None
) -> JsonObject | None:
    """The milestone of a number; null for none."""
    if number is None:
        return None
    try:
        milestone = context.documents.find(MILESTONE, str(number))
    except KeyError:
        return None
    return serialize_milestone(context, origin, milestone)


def serialize_reaction(origin: str, reaction: Document) -> JsonObject:
    """A `reaction`; what it says is its key."""
    return {
        "id": reaction.id,
        "node_id": f"REA_{reaction.id}",
        "user": serialize_user(origin, reaction.author),
        "content": reaction.key,
        "created_at": format_rfc3339(reaction.created_at),
    }


def count_reactions(context: AppContext, url: str, subject: str) -> JsonObject:
    """A `reaction-rollup` of what a path below the repository names."""
    counts: dict[str, int] = dict.fromkeys(REACTIONS, 0)
    reactions = context.documents.list_all(REACTION, subject)
    for reaction in reactions:
        counts[reaction.key] += 1
    body: JsonObject = {"url": f"{url}/reactions", "total_count": len(reactions)}
    return body | counts
