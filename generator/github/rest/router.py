"""Operations of the REST API as rows of a table, and finding the one that is asked for.

An operation is one function and one row:

    def get_run(context: AppContext, call: Call) -> Reply: ...

    ROUTES = build_routes(
        "actions",
        Endpoint("GET", "~/actions/runs/{run_id}", READ, get_run, "get-a-workflow-run"),
    )

The tables of a family's modules are put together in its `__init__`, those of the
families in `app.py`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..context import AppContext
from .calls import Call, Reply

if TYPE_CHECKING:
    from starlette.requests import Request

ANY_METHOD = "*"

Handler = Callable[[AppContext, Call], Reply]


class UploadHandler(NamedTuple):
    """An operation whose body is bytes: it reads them itself, from the request."""

    receive: Callable[[AppContext, Call, Request], Awaitable[Reply]]


class Endpoint(NamedTuple):
    """A row: how an operation is asked for, what it needs, and what performs it.

    In `path`, `~` is a repository's address, `{name}` one segment, `{+name}` several.
    `permission` is "scope:level", or "" for what every token of the repository may do.
    `anchor` is the operation's place on GitHub's page about it.
    """

    method: str
    path: str
    permission: str
    handler: Handler | UploadHandler
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, ready to be matched.

    Calls of a route that is not metered do not count against the rate limits. Replies of
    one without ETag are never 304.
    """

    method: str
    pattern: re.Pattern[str]
    permission: str
    handler: Handler | UploadHandler
    docs: str
    is_metered: bool = True
    has_etag: bool = True


class Match(NamedTuple):
    """A route with the values that its pattern matched in the path."""

    route: Route
    path: Mapping[str, str]


def build_routes(
    page: str, *endpoints: Endpoint, is_metered: bool = True, has_etag: bool = True
) -> tuple[Route, ...]:
    """Routes of the endpoints that one `page` below docs.github.com/rest describes."""
    routes = []
    for endpoint in endpoints:
        docs = ""
        if endpoint.anchor:
            docs = f"{page}#{endpoint.anchor}"
        route = Route(
            endpoint.method,
            compile_path(endpoint.path),
            endpoint.permission,
            endpoint.handler,
            docs,
            is_metered,
            has_etag,
        )
        routes.append(route)
    return tuple(routes)


def compile_path(path: str) -> re.Pattern[str]:
    """The pattern of a row's path."""
    pattern = path.replace("~", "/repos/{owner}/{repo}")
    pattern = re.sub(r"\{\+(\w+)\}", r"(?P<\1>.+)", pattern)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return re.compile(pattern)


def find_route(routes: Sequence[Route], method: str, path: str) -> Match | None:
    """The first route that takes a request, HEAD being taken as GET; None for none."""
    # HTTP's rule; the server leaves the body out.
    if method == "HEAD":
        method = "GET"
    # The first row wins, so a fixed path stands before a pattern that matches it too.
    for route in routes:
        if route.method not in (ANY_METHOD, method):
            continue
        match = route.pattern.fullmatch(path)
        if match is not None:
            return Match(route, match.groupdict())
    return None
