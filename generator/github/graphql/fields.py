"""GraphQL: what small nodes look like, and pages of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.clock import rfc3339
from ..core.models import Label, Release

Fields = dict[str, Any]


def connection(nodes: Sequence[Fields], arguments: Fields) -> Fields:
    """A page of nodes; cursors are positions."""
    start = int(arguments.get("after") or 0)
    first, last = arguments.get("first"), arguments.get("last")
    shown = list(nodes[start:]) if first is None else list(nodes[start : start + first])
    if last is not None:
        shown = shown[-last:] if last else []
    end = start + len(shown)
    return {
        "nodes": shown,
        "totalCount": len(nodes),
        "pageInfo": {
            "hasNextPage": last is None and end < len(nodes),
            "endCursor": str(end) if shown else None,
        },
    }


def actor_fields(login: str) -> Fields:
    """Who did something: a user, or a bot."""
    return {
        "__typename": "Bot" if login.endswith("[bot]") else "User",
        "id": f"U_{login}",
        "login": login,
    }


def label_fields(label: Label) -> Fields:
    """A label; its id is its name, so that mutations need no look-up."""
    return {
        "id": f"LA_{label.name}",
        "name": label.name,
        "description": label.description,
        "color": label.color,
    }


def label_name(label_id: str) -> str:
    """The name that `label_fields` made an id of."""
    return label_id.removeprefix("LA_")


def issue_number(node_id: str) -> int:
    """The number in an issue's id."""
    return int(node_id.removeprefix("I_"))


def release_fields(release: Release, latest: int | None) -> Fields:
    """A release; `latest` is the id of the one to be called so."""
    return {
        "id": f"RE_{release.id}",
        "databaseId": release.id,
        "name": release.name,
        "tagName": release.tag,
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "isLatest": release.id == latest,
        "createdAt": rfc3339(release.created_at),
        "publishedAt": rfc3339(release.published_at) if release.published_at else None,
    }
