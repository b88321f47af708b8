"""Users and bots, and apps that act as bots."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

from ...core.clock import format_rfc3339
from ..calls import JsonObject

_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
# GitHub's own, which `git log` shows in the address of what Actions commits.
_KNOWN_IDS = {"github-actions[bot]": 41898282}
ACTIONS_APP_ID = 15368
_ACTIONS_OWNER = "github"
# Here, everybody has been there for as long as GitHub.
_FOUNDED = datetime(2008, 4, 10, tzinfo=UTC)


def name_actor_type(login: str) -> str:
    """`Bot` for an app's login, `User` for any other."""
    if login.endswith("[bot]"):
        return "Bot"
    return "User"


def make_user_id(login: str) -> int:
    """The number of a user: another one for another login, and always the same."""
    known = _KNOWN_IDS.get(login)
    if known is not None:
        return known
    return zlib.crc32(login.lower().encode()) + 1


def serialize_user(origin: str, login: str) -> JsonObject:
    """A `simple-user`."""
    user_id = make_user_id(login)
    url = f"{origin}/users/{login}"
    body: JsonObject = {
        "login": login,
        "id": user_id,
        # Here and elsewhere, what GraphQL calls the same record.
        "node_id": f"U_{login}",
        "avatar_url": f"{origin}/avatars/u/{user_id}",
        "gravatar_id": "",
        "url": _escape(url),
        "html_url": _escape(f"{origin}/{login}"),
    }
    body |= make_user_links(_escape(url))
    # What clients tell apps from people by.
    body["type"] = name_actor_type(login)
    body["user_view_type"] = "public"
    body["site_admin"] = False
    return body


def make_user_links(url: str) -> JsonObject:
    """Where what a user has is to be found."""
    links: JsonObject = {}
    for name, ending in _LINKS.items():
        links[name] = url + ending
    return links


def _escape(url: str) -> str:
    """The brackets of a bot's login, as an address holds them."""
    return url.replace("[", "%5B").replace("]", "%5D")


def serialize_profile(origin: str, login: str) -> JsonObject:
    """A `public-user`."""
    body = serialize_user(origin, login)
    for name in ("company", "blog", "location", "email", "bio"):
        body[name] = None
    body["name"] = login
    body["blog"] = ""
    body["hireable"] = None
    for name in ("public_repos", "public_gists", "followers", "following"):
        body[name] = 0
    body["created_at"] = format_rfc3339(_FOUNDED)
    body["updated_at"] = format_rfc3339(_FOUNDED)
    return body


def serialize_own_profile(origin: str, login: str) -> JsonObject:
    """A `private-user`: what users see of themselves."""
    body = serialize_profile(origin, login)
    for name in ("private_gists", "disk_usage", "collaborators"):
        body[name] = 0
    body["total_private_repos"] = 1
    body["owned_private_repos"] = 1
    body["two_factor_authentication"] = True
    return body


def serialize_actions_app(origin: str) -> JsonObject:
    """The `integration` that checks and runs' tokens belong to."""
    return {
        "id": ACTIONS_APP_ID,
        "slug": "github-actions",
        "node_id": f"A_{ACTIONS_APP_ID}",
        "client_id": "Iv1.05c79e9ad1f6bdfa",
        "owner": serialize_user(origin, _ACTIONS_OWNER),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": f"{origin}/features/actions",
        "html_url": f"{origin}/apps/github-actions",
        "created_at": format_rfc3339(_FOUNDED),
        "updated_at": format_rfc3339(_FOUNDED),
        "permissions": {
            "actions": "write",
            "checks": "write",
            "contents": "write",
            "issues": "write",
            "metadata": "read",
            "pull_requests": "write",
            "statuses": "write",
        },
        "events": ["check_run", "check_suite", "push", "repository"],
    }
