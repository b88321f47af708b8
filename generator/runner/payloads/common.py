"""Users and repositories, as webhooks show them."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ...github.rest.schemas.repositories import (
    make_counts,
    make_repository_links,
    make_switches,
)
from ...github.rest.schemas.users import make_user_id, make_user_links, name_actor_type
from ..repository import Repository

# A part of a payload, as JSON has it.
Payload: TypeAlias = dict[str, Any]

SITE = "https://github.com"
REPOSITORY_ID = 1
FORK_ID = 2


class Addresses(NamedTuple):
    """Where the REST API and the pages are that a payload links to."""

    api: str
    site: str = SITE


def make_user(addresses: Addresses, login: str) -> Payload:
    """A user."""
    user_id = make_user_id(login)
    url = f"{addresses.api}/users/{login}"
    return {
        "login": login,
        "id": user_id,
        "node_id": f"U_{login}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{user_id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{addresses.site}/{login}",
        **make_user_links(url),
        "type": name_actor_type(login),
        "site_admin": False,
    }


def make_repository(
    addresses: Addresses, repository: Repository, at: str, *, fork: str = ""
) -> Payload:
    """The repository, or a fork of it by name; it was last pushed to `at`."""
    full_name = fork or repository.name
    owner, _, name = full_name.partition("/")
    url = f"{addresses.api}/repos/{full_name}"
    page = f"{addresses.site}/{full_name}"
    repository_id = FORK_ID if fork else REPOSITORY_ID
    return {
        "id": repository_id,
        "node_id": f"R_{repository_id}",
        "name": name,
        "full_name": full_name,
        "private": False,
        "owner": make_user(addresses, owner),
        "html_url": page,
        "description": None,
        "fork": bool(fork),
        "url": url,
        **make_repository_links(url),
        "created_at": at,
        "updated_at": at,
        "pushed_at": at,
        "git_url": f"git://github.com/{full_name}.git",
        "ssh_url": f"git@github.com:{full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "language": None,
        "mirror_url": None,
        "license": None,
        **make_counts(),
        **make_switches(),
        "topics": [],
        "visibility": "public",
        "default_branch": repository.default_branch,
        "custom_properties": {},
    }
