"""What operations of several families show: users, repositories, instants."""

from __future__ import annotations

from datetime import datetime

from ..context import AppContext
from ..core.clock import format_rfc3339
from .calls import JsonObject


def serialize_instant(instant: datetime | None) -> str | None:
    """An instant in RFC 3339, or null for one that has not come."""
    if instant is None:
        return None
    return format_rfc3339(instant)


def serialize_user(login: str) -> JsonObject:
    """A user, or a bot."""
    return {
        "login": login,
        # Nobody is looked up by it; clients only want a number.
        "id": 1,
        # Here and elsewhere, what GraphQL calls the same record.
        "node_id": f"U_{login}",
        "type": name_actor_type(login),
    }


def name_actor_type(login: str) -> str:
    """`Bot` for an app's login, `User` for any other."""
    if login.endswith("[bot]"):
        return "Bot"
    return "User"


def serialize_repository(
    context: AppContext, origin: str, full_name: str, repository_id: int
) -> JsonObject:
    """The minimal repository, which runs carry too."""
    owner, _, name = full_name.partition("/")
    return {
        "id": repository_id,
        "node_id": f"R_{repository_id}",
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": serialize_user(owner),
        "fork": full_name.lower() != context.repository.lower(),
        "url": f"{origin}/repos/{full_name}",
        "html_url": f"{origin}/{full_name}",
    }
