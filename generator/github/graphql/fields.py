"""GraphQL: who asks, what small nodes look like, and pages of them.

A node is a mapping of its fields. A field that takes arguments is a function of them,
which is only called where a query asks for the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..context import AppContext
from ..core.clock import format_rfc3339
from ..core.errors import forbidden
from ..core.models import Label, Release
from ..core.tokens import Grant
from ..rest.calls import Record
from ..rest.pagination import MAX_PAGE_SIZE
from ..rest.schemas.users import name_actor_type
from ..rest.serializers import serialize_instant
from .budget import Budget

Fields = dict[str, Any]
Arguments = Mapping[str, Any]
# As graphql-core calls it: with what it knows of the query, and the arguments by name.
Resolver = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as GraphQL calls it, and by which address the server was reached."""

    context: AppContext
    grant: Grant
    origin: str
    budget: Budget = field(default_factory=Budget)

    def require(self, scope: str, level: str) -> None:
        """403 where the viewer's token does not reach `level` of a scope."""
        if not self.grant.allows(scope, level):
            raise forbidden()


def resolve_with(resolve: Callable[[Arguments], object]) -> Resolver:
    """A field that a function of the arguments resolves."""

    def resolver(_: object, **arguments: object) -> object:
        return resolve(arguments)

    return resolver


def connect(
    load: Callable[[], Sequence[Record]], describe: Callable[[Record], Fields]
) -> Resolver:
    """A field that gives pages of what `load` reads, once it is asked for."""

    def resolve(arguments: Arguments) -> Fields:
        return make_connection(load(), describe, arguments)

    return resolve_with(resolve)


def connect_nothing() -> Resolver:
    """A field that gives pages of nothing, for what there is none of here."""
    return connect(list[Fields], dict)


def make_connection(
    records: Sequence[Record],
    describe: Callable[[Record], Fields],
    arguments: Arguments,
) -> Fields:
    """The page that first, last and after ask for, described; cursors are positions."""
    start = int(arguments.get("after") or 0)
    if start < 0:
        raise ValueError("`after` is no cursor")
    first, last = read_size(arguments, "first"), read_size(arguments, "last")
    page = list(records[start:])
    if first is not None:
        page = page[:first]
    if last is not None:
        page = page[max(0, len(page) - last) :]
    shown = [describe(record) for record in page]
    # Clients go on from `endCursor` for as long as `hasNextPage` says so.
    end = start + len(shown)
    cursor = None
    if shown:
        cursor = str(end)
    return {
        "nodes": shown,
        "totalCount": len(records),
        "pageInfo": {
            "hasNextPage": last is None and end < len(records),
            "endCursor": cursor,
        },
    }


def read_size(arguments: Arguments, name: str) -> int | None:
    """The size of a page; ValueError, in GitHub's words, for one that is out of bounds."""
    size = arguments.get(name)
    if size is None:
        return None
    number = int(size)
    if number < 0:
        raise ValueError(f"`{name}` on a connection must be a non-negative number.")
    if number > MAX_PAGE_SIZE:
        raise ValueError(
            f"Requesting {number} records on a connection exceeds the `{name}` limit "
            f"of {MAX_PAGE_SIZE} records."
        )
    return number


def describe_actor(login: str) -> Fields:
    """Who did something: a user, or a bot."""
    return {
        "__typename": name_actor_type(login),
        "id": f"U_{login}",
        "login": login,
    }


def describe_label(label: Label) -> Fields:
    """A label; its id is its name, so that mutations need no look-up."""
    return {
        "id": f"LA_{label.name}",
        "name": label.name,
        "description": label.description,
        "color": label.color,
    }


def parse_label_ids(ids: Sequence[str] | None) -> list[str]:
    """The names that `describe_label` made ids of; none for no list."""
    return [label_id.removeprefix("LA_") for label_id in ids or ()]


def describe_release(release: Release, latest_id: int | None) -> Fields:
    """A release; `latest_id` is that of the one to be called so."""
    return {
        "id": f"RE_{release.id}",
        "databaseId": release.id,
        "name": release.name,
        "tagName": release.tag,
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "isLatest": release.id == latest_id,
        "createdAt": format_rfc3339(release.created_at),
        "publishedAt": serialize_instant(release.published_at),
    }
