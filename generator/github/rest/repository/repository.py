"""REST: the repository itself, the root of the API, and who is asking."""

from __future__ import annotations

from ...context import AppContext
from ...core.errors import forbidden
from ..calls import Call, Reply
from ..router import Endpoint, build_routes
from ..schemas.repositories import serialize_full_repository
from ..schemas.users import serialize_own_profile

# GitHub's own links; those below `/user` are the authenticated user's.
_ROOT_LINKS = {
    "current_user_url": "/user",
    "current_user_authorizations_html_url": (
        "/settings/connections/applications{/client_id}"
    ),
    "authorizations_url": "/authorizations",
    "code_search_url": "/search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "/search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "hub_url": "/hub",
    "issue_search_url": "/search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": "/search/repositories?q={query}{&page,per_page,sort}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "topic_search_url": "/search/topics?q={query}{&page,per_page}",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "/search/users?q={query}{&page,per_page,sort,order}",
}


def get_repository(context: AppContext, call: Call) -> Reply:
    """The repository."""
    body = serialize_full_repository(context, call.origin)
    push = call.grant.allows("contents", "write")
    # The owner's own token belongs to no run.
    is_owner = call.grant.run_id is None
    body["permissions"] = {
        "admin": is_owner,
        "maintain": is_owner,
        "push": push,
        "triage": push,
        "pull": True,
    }
    return Reply(body=body)


def get_root(_: AppContext, call: Call) -> Reply:
    """The root, which gh asks for when it checks a token."""
    body = {}
    for name, path in _ROOT_LINKS.items():
        body[name] = call.origin + path
    return Reply(body=body)


def get_user(context: AppContext, call: Call) -> Reply:
    """The owner of a token; a run's token belongs to nobody."""
    # GitHub does not let an installation's token ask for its user either.
    if call.grant.run_id is not None:
        raise forbidden(call.docs)
    return Reply(body=serialize_own_profile(call.origin, context.owner))


ROUTES = build_routes(
    "repos/repos",
    Endpoint("GET", "~", "", get_repository, "get-a-repository"),
    Endpoint("GET", "/user", "", get_user, "get-the-authenticated-user"),
    Endpoint("GET", "/", "", get_root),
)
