"""Rows of the table of operations, and what handlers read of a call."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from generator.github.app import ROUTES
from generator.github.context import AppContext
from generator.github.core.errors import ApiError
from generator.github.core.tokens import Grant
from generator.github.rest.calls import Body, Call, Reply
from generator.github.rest.pagination import paginate, read_page
from generator.github.rest.router import Endpoint, Route, build_routes, find_route


def make_call(query: str = "", body: dict[str, object] | None = None) -> Call:
    """A call as the framework makes it of a request."""
    pairs = [pair.split("=") for pair in query.split("&") if pair]
    return Call(
        method="GET",
        url_path="/things",
        path={},
        query=dict(pairs),
        body=Body(body or {}, "page#anchor"),
        grant=Grant(None, {"*": "write"}),
        origin="http://localhost",
        docs="page#anchor",
    )


def answer_nothing(_: AppContext, __: Call) -> Reply:
    return Reply()


def name_route(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES.load_all(), ids=name_route)
def test_no_row_hides_another(route: Route) -> None:
    path = re.sub(r"\{\+?\w+\}", "value", route.path)
    match = ROUTES.find(route.method, path)
    assert match is not None
    assert match.route is route


def test_every_operation_on_the_repository_asks_for_a_permission() -> None:
    free = {
        route.docs
        for route in ROUTES.load_all()
        if "/repos/" in route.path and not route.permission
    }
    assert free == {"repos/repos#get-a-repository"}


def test_a_row_names_segments_and_whole_paths() -> None:
    routes = build_routes(
        "page",
        Endpoint("GET", "~/files/{+path}", "", answer_nothing, "anchor"),
        Endpoint("GET", "~/things/{number}", "", answer_nothing),
    )
    match = find_route(routes, "HEAD", "/repos/o/r/files/a/b")
    assert match is not None
    assert match.route.docs == "page#anchor"
    assert match.path == {"owner": "o", "repo": "r", "path": "a/b"}
    assert find_route(routes, "GET", "/repos/o/r/things/1/2") is None
    assert find_route(routes, "PUT", "/repos/o/r/things/1") is None


@pytest.mark.parametrize(
    ("query", "number", "size"),
    [
        ("", 1, 30),
        ("page=2&per_page=5", 2, 5),
        ("page=0&per_page=0", 1, 30),
        ("page=-1&per_page=x", 1, 30),
        ("per_page=1000", 1, 100),
    ],
)
def test_pages_are_read_as_github_does(query: str, number: int, size: int) -> None:
    page = read_page(make_call(query))
    assert (page.number, page.size) == (number, size)


def list_links(query: str, total: int) -> dict[str, str]:
    """Relation and page of the links that a page of some records has."""
    reply = paginate(make_call(query), range(total), lambda number: {"n": number})
    links = re.findall(r'page=(\d+)>; rel="(\w+)"', reply.headers.get("Link", ""))
    return {relation: number for number, relation in links}


def test_pages_are_linked() -> None:
    assert list_links("", 30) == {}
    assert list_links("", 31) == {"next": "2", "last": "2"}
    assert list_links("page=2", 90) == {
        "prev": "1",
        "next": "3",
        "last": "3",
        "first": "1",
    }
    assert list_links("page=9", 90) == {"prev": "3", "first": "1"}


def test_a_keyed_page_counts_all_records() -> None:
    call = make_call("per_page=1&page=2")
    reply = paginate(call, "ab", lambda letter: {"is": letter}, "letters", {"x": 1})
    assert reply.body == {"total_count": 2, "letters": [{"is": "b"}], "x": 1}


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda body: body.read_text("number"), "1 is not a string."),
        (lambda body: body.require_text("none"), '"none" wasn\'t supplied.'),
        (lambda body: body.read_choice("text", ["a"]), "x is not a member of ['a']."),
        (lambda body: body.read_object("text"), "this is not an object."),
        (lambda body: body.read_list("text"), "that is not an array."),
    ],
)
def test_fields_of_another_type_are_refused(
    read: Callable[[Body], object], message: str
) -> None:
    body = Body({"number": 1, "text": "x"}, "page#anchor")
    with pytest.raises(ApiError) as caught:
        read(body)
    assert caught.value.status == 422
    assert caught.value.message.endswith(message)
    assert caught.value.docs == "page#anchor"


def test_fields_that_are_absent_have_a_default() -> None:
    body = Body({"null": None, "flag": True}, "")
    assert body.read_text("null", "default") == "default"
    assert body.read_object("null") == {}
    assert body.read_list("none") == []
    assert (body.read_flag("flag"), body.read_flag("null")) == (True, None)
    assert ("null" in body, body.has_value("null")) == (True, False)
