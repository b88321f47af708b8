"""Repositories, from the shortest form that other records carry to the full one."""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import format_rfc3339
from ..calls import JsonObject
from .users import serialize_user

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = (
    "forks_count",
    "stargazers_count",
    "watchers_count",
    "size",
    "open_issues_count",
    "forks",
    "open_issues",
    "watchers",
)
_VISIBILITY = {True: "private", False: "public"}
_SWITCHES = {
    "has_issues": True,
    "has_projects": False,
    "has_downloads": True,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "is_template": False,
    "archived": False,
    "disabled": False,
    "allow_forking": True,
    "web_commit_signoff_required": False,
}


def serialize_bare_repository(
    origin: str, full_name: str, repository_id: int
) -> JsonObject:
    """A `minimal-repository` by its name alone, private and no fork."""
    owner, _, name = full_name.partition("/")
    url = f"{origin}/repos/{full_name}"
    body: JsonObject = {
        "id": repository_id,
        "node_id": f"R_{repository_id}",
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": serialize_user(origin, owner),
        "html_url": f"{origin}/{full_name}",
        "description": None,
        "fork": False,
        "url": url,
    }
    return body | make_repository_links(url)


def make_repository_links(url: str) -> JsonObject:
    """Where what a repository has is to be found."""
    links: JsonObject = {}
    for link, ending in _LINKS.items():
        links[link] = url + ending
    return links


def make_counts() -> JsonObject:
    """How many forks, stars and the like a repository has: none."""
    return dict.fromkeys(_COUNTS, 0)


def make_switches() -> JsonObject:
    """What is on and off in a new repository."""
    return dict(_SWITCHES)


def serialize_minimal_repository(
    context: AppContext, origin: str, full_name: str, repository_id: int
) -> JsonObject:
    """A `minimal-repository`, which runs carry too."""
    body = serialize_bare_repository(origin, full_name, repository_id)
    body["fork"] = full_name.lower() != context.repository.lower()
    # What PATCH has changed since the repository was made.
    settings = context.documents.read_settings("repository")
    for name in ("private", "description"):
        body[name] = settings.get(name, body[name])
    return body


def serialize_repository(
    context: AppContext, origin: str, full_name: str = "", repository_id: int = 0
) -> JsonObject:
    """A `repository`, as pull requests carry it: ours, or a fork by name and id."""
    full_name = full_name or context.repository
    repository_id = repository_id or context.runs.repository_id
    body = serialize_minimal_repository(context, origin, full_name, repository_id)
    page = f"{origin}/{full_name}"
    born_at = format_rfc3339(context.runs.read_birth())
    body |= {
        "git_url": f"{page.replace('http', 'git', 1)}.git",
        "ssh_url": f"git@localhost:{full_name}.git",
        "clone_url": context.clone_url(),
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": context.default_branch,
        "visibility": _VISIBILITY[body["private"] is True],
        "topics": [],
        "created_at": born_at,
        "updated_at": born_at,
        "pushed_at": born_at,
    }
    body |= make_counts()
    body |= make_switches()
    body["has_pull_requests"] = True
    return body | context.documents.read_settings("repository")


def serialize_full_repository(context: AppContext, origin: str) -> JsonObject:
    """A `full-repository`, as the repository's own address shows it."""
    body = serialize_repository(context, origin)
    body["subscribers_count"] = 0
    body["network_count"] = 0
    return body
