"""Operations of the REST API as rows of a table, and finding the one that is asked for.

An operation is one function and one row:

    def get_run(context: AppContext, call: Call) -> Reply: ...

    ROUTES = build_routes(
        "actions",
        Endpoint("GET", "~/actions/runs/{run_id}", READ, get_run, "get-a-workflow-run"),
    )

The tables of a family's modules are put together in its `__init__`; `app.py` lists the
families, which are imported when the first request for one comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from ..context import AppContext
from .calls import Call, Reply

if TYPE_CHECKING:
    from starlette.requests import Request

ANY_METHOD = "*"
REPOSITORY = "/repos/{owner}/{repo}"

# One that waits for something is a coroutine: the others are answered meanwhile.
Handler = Callable[[AppContext, Call], Reply | Awaitable[Reply]]


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
    path: str
    permission: str
    handler: Handler | UploadHandler
    docs: str
    is_metered: bool = True
    has_etag: bool = True

    @property
    def segments(self) -> list[str]:
        """The parts of the path, with the repository's address in full."""
        return self.path.split("/")


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
            endpoint.path.replace("~", REPOSITORY, 1),
            endpoint.permission,
            endpoint.handler,
            docs,
            is_metered,
            has_etag,
        )
        routes.append(route)
    return tuple(routes)


def match_path(segments: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    """What a route's segments name in the parts of a path; None where they do not match.

    `{+name}` takes as many parts as leave enough for the segments behind it.
    """
    surplus = len(parts) - len(segments)
    if surplus < 0:
        return None
    values: dict[str, str] = {}
    place = 0
    for segment in segments:
        taken = 1
        if segment.startswith("{+"):
            taken += surplus
        value = "/".join(parts[place : place + taken])
        place += taken
        if not segment.startswith("{"):
            if segment != value:
                return None
        elif value:
            values[segment.strip("{+}")] = value
        else:
            return None
    if place != len(parts):
        return None
    return values


def find_route(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """The first route that takes a request, HEAD being taken as GET; None for none."""
    # HTTP's rule; the server leaves the body out.
    if method == "HEAD":
        method = "GET"
    parts = path.split("/")
    # The first row wins, so a fixed path stands before a pattern that matches it too.
    for route in routes:
        if route.method not in (ANY_METHOD, method):
            continue
        values = match_path(route.segments, parts)
        if values is not None:
            return Match(route, values)
    return None


class Family(NamedTuple):
    """A package or module with `ROUTES`, imported when it is first asked for.

    `areas` are the first segments, below the repository's address or of the path, under
    which all that begins so is the family's, or another's that names the area as well.
    """

    module: str
    areas: frozenset[str]


class RouteTable:
    """The routes of all families, each imported by the first request that needs it."""

    def __init__(self, package: str, families: Sequence[Family]) -> None:
        """`package` is what the modules' names count from."""
        self._package = package
        self._families = families

    def find(self, method: str, path: str) -> Match | None:
        """The route that takes a request; None for none."""
        area = name_area(path)
        named = [family for family in self._families if area in family.areas]
        # What no family names may be anybody's.
        for family in named or self._families:
            match = find_route(self._load(family), method, path)
            if match is not None:
                return match
        return None

    def load_all(self) -> tuple[Route, ...]:
        """Every route there is."""
        routes: list[Route] = []
        for family in self._families:
            routes += self._load(family)
        return tuple(routes)

    def _load(self, family: Family) -> tuple[Route, ...]:
        # Imported before, this is a look into a dictionary.
        module = import_module(family.module, self._package)
        routes: tuple[Route, ...] = module.ROUTES
        return routes


def name_area(path: str) -> str:
    """The segment of a path that says whose it is."""
    parts = path.split("/")
    if parts[1:2] == ["repos"]:
        return "/".join(parts[4:5])
    return "/".join(parts[1:2])
