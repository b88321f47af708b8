"""The REST API's frame: routes, who may call them, pages, ETags, rate limits.

A handler is a plain function of (context, call): it needs no server to be tested.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..context import AppContext
from ..core.errors import ApiProblem, bad_credentials, forbidden, invalid, not_found
from ..core.tokens import Grant

MAX_PAGE = 100
DEFAULT_PAGE = 30


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed.

    `path` holds what the route's pattern named, `origin` is how the server was reached.
    """

    method: str
    url_path: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object]
    grant: Grant
    origin: str
    docs: str
    accept: str = ""

    def number(self, name: str) -> int:
        """A number from the path; 404 for one no record can have."""
        text = self.path[name]
        if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - what fits SQLite's integers
            raise not_found(self.docs)
        return int(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: `body` is sent as JSON, `raw` as it is; neither is no body at all."""

    status: int = 200
    body: object | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[AppContext, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `needs` is "scope:level", "" for what every token of the repository may do."""

    method: str
    pattern: re.Pattern[str]
    needs: str
    docs: str
    handler: Handler


def table(
    docs: str, entries: Mapping[str, tuple[Handler, str, str]]
) -> tuple[Route, ...]:
    """Routes from lines such as "GET ~/actions/runs/{run_id}".

    (handler, needs, anchor in GitHub's page `docs`).

    `~` is a repository's address; `{name}` one segment of the path, `{+name}` several.
    """
    made = []
    for line, (handler, needs, anchor) in entries.items():
        method, _, path = line.partition(" ")
        pattern = re.sub(
            r"\{\+(\w+)\}", r"(?P<\1>.+)", path.replace("~", "/repos/{owner}/{repo}")
        )
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        made.append(
            Route(
                method,
                re.compile(pattern),
                needs,
                f"{docs}#{anchor}" if docs else "",
                handler,
            )
        )
    return tuple(made)


def find_route(
    routes: Sequence[Route], method: str, path: str
) -> tuple[Route, Mapping[str, str]]:
    """The route for a request, HEAD being taken as GET; 404 for one that is not served."""
    wanted = "GET" if method == "HEAD" else method
    for candidate in routes:
        if candidate.method == wanted and (found := candidate.pattern.fullmatch(path)):
            return candidate, found.groupdict()
    raise ApiProblem(
        404, f"Not Found (the local GitHub does not serve {method} {path})"
    )


def authenticate(context: AppContext, authorization: str) -> Grant:
    """Who is calling.

    401 for an unknown token, 404 for none, as a private repository is not there for
    strangers.
    """
    if not authorization:
        raise not_found()
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() not in ("bearer", "token"):
        raise bad_credentials()
    grant = context.tokens.grant_of(token.strip())
    if grant is None:
        raise bad_credentials()
    return grant


def authorize(
    context: AppContext, chosen: Route, path: Mapping[str, str], grant: Grant
) -> None:
    """404 for another repository, 403 where the token's permissions do not reach."""
    if (
        "owner" in path
        and f"{path['owner']}/{path['repo']}".lower() != context.repository.lower()
    ):
        raise not_found(chosen.docs)
    if chosen.needs:
        scope, _, level = chosen.needs.partition(":")
        if not grant.allows(scope, level):
            raise forbidden(chosen.docs)


def window(call: Call) -> tuple[int, int]:
    """Offset and length of the page that was asked for."""
    size = _positive(call, "per_page", DEFAULT_PAGE, MAX_PAGE)
    return (_positive(call, "page", 1, 1_000_000) - 1) * size, size


def listing(
    call: Call, shown: Sequence[object], total: int, key: str | None = None
) -> Reply:
    """A page of `total` records; in an object under `key` with `total_count`, else a bare list."""
    offset, size = window(call)
    headers = (
        {"Link": links}
        if (links := _links(call, offset // size + 1, max(1, -(-total // size))))
        else {}
    )
    return Reply(
        body={"total_count": total, key: list(shown)} if key else list(shown),
        headers=headers,
    )


def _links(call: Call, page: int, last: int) -> str:
    wanted: list[tuple[str, int]] = []
    if page > 1:
        wanted += [("prev", min(page - 1, last))]
    if page < last:
        wanted += [("next", page + 1), ("last", last)]
    if page > 1:
        wanted += [("first", 1)]
    return ", ".join(
        f'<{call.origin}{call.url_path}?{urlencode({**call.query, "page": number})}>; rel="{name}"'
        for name, number in wanted
    )


def _positive(call: Call, name: str, default: int, most: int) -> int:
    """A query number as GitHub reads it.

    What makes no sense counts as the default, too much as the most.
    """
    text = call.query.get(name, "")
    return max(1, min(int(text), most)) if text.isdecimal() and int(text) else default


def json_object(raw: bytes) -> Mapping[str, object]:
    """The JSON object a client sent; an empty body is an empty object."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
        # Half of a surrogate pair is JSON, but no text that could be stored or sent.
        json.dumps(body, ensure_ascii=False).encode()
    except ValueError:
        raise ApiProblem(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise ApiProblem(400, "Body should be a JSON object")
    return body


def text_field(call: Call, name: str, default: str = "") -> str:
    """A text field of the body; 422 for one of another type."""
    value = call.body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise invalid(
            f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(value)} is not a string.",
            docs=call.docs,
        )
    return value


def etag_of(payload: bytes) -> str:
    """A weak ETag over a body, as GitHub gives its JSON answers."""
    return f'W/"{hashlib.sha256(payload).hexdigest()}"'
