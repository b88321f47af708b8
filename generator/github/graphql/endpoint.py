"""GraphQL: from a request to the executed query [docs.github.com/graphql].

A query is validated against the schema that is served, except for gh, which goes on
without the fields that are not served here.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..context import AppContext
from ..core.errors import StorageFailedError
from ..rest.calls import Body, Call, Reply
from ..rest.router import ANY_METHOD, Endpoint, build_routes
from .budget import MAX_QUERY_CHARACTERS, QueryTooCostlyError
from .fields import Arguments, Fields, Resolver, Viewer, describe_actor, resolve_with
from .issues import MUTATIONS, Mutation
from .pulls import MUTATIONS as PULL_MUTATIONS
from .pulls import SCOPE, comment_on
from .repository import find_repository
from .search import find_issues, find_node
from .validation import FORGIVEN_AGENT, validate_query

if TYPE_CHECKING:
    from graphql import ExecutionResult, GraphQLError, GraphQLSchema


def answer_query(context: AppContext, call: Call) -> Reply:
    """Execute one request body (`query`, `variables`, `operationName`)."""
    query = str(call.body.fields.get("query", ""))
    if len(query) > MAX_QUERY_CHARACTERS:
        return _refuse_cost(f"a query has at most {MAX_QUERY_CHARACTERS} characters")
    if not call.agent.startswith(FORGIVEN_AGENT):
        faults = _validate(query)
        if faults:
            return Reply(body={"errors": faults})
    try:
        result = _execute(Viewer(context, call.grant, call.origin), query, call.body)
    except QueryTooCostlyError:
        return _refuse_cost("the query asks for too much")
    # Parser and execution call themselves for each level, which Python bounds.
    except RecursionError:
        return _refuse_cost("the query is too deep")
    for failure in result.errors or ():
        # No answer to the query, but the disk's failing.
        if isinstance(failure.original_error, StorageFailedError):
            raise failure.original_error
    body: dict[str, object] = {"data": result.data}
    if result.errors:
        body["errors"] = [_describe_error(failure) for failure in result.errors]
    return Reply(body=body)


def _validate(query: str) -> list[dict[str, object]]:
    """The faults of a query; none for what cannot be parsed, which its execution tells."""
    from graphql import GraphQLError, parse  # noqa: PLC0415 - see `answer_query`

    try:
        return validate_query(_load_schema(), parse(query))
    except (GraphQLError, RecursionError):
        return []


def _execute(viewer: Viewer, query: str, body: Body) -> ExecutionResult:
    # Importing graphql-core takes 90 ms, which only the first query pays.
    from graphql import (  # noqa: PLC0415 - as above
        ExecutionResult,
        GraphQLError,
        execute_sync,
        parse,
    )

    try:
        document = parse(query)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    # What is of another type counts as absent.
    variables, operation = (
        body.fields.get("variables"),
        body.fields.get("operationName"),
    )
    if not isinstance(variables, dict):
        variables = {}
    if not isinstance(operation, str):
        operation = None
    return execute_sync(
        _load_schema(),
        document,
        build_root(viewer),
        variable_values=variables,
        operation_name=operation,
        field_resolver=viewer.budget.resolve_field,
    )


def _describe_error(failure: GraphQLError) -> dict[str, object]:
    error: dict[str, object] = {"message": failure.message}
    # As on GitHub, whoever asks can tell what is not there from what went wrong.
    if isinstance(failure.original_error, LookupError):
        error["type"] = "NOT_FOUND"
    if failure.path:
        error["path"] = failure.path
    return error


def _refuse_cost(reason: str) -> Reply:
    """GitHub's answer to a query that costs too much: the HTTP status is 200 all the same."""
    message = f"Resource limits for this query exceeded: {reason}."
    error = {"type": "RESOURCE_LIMITS_EXCEEDED", "message": message}
    return Reply(body={"data": None, "errors": [error]})


@lru_cache(maxsize=1)
def _load_schema() -> GraphQLSchema:
    from graphql import build_schema  # noqa: PLC0415 - see `answer_query`

    return build_schema(Path(__file__).with_name("schema.graphql").read_text("utf-8"))


def build_root(viewer: Viewer) -> Fields:
    """The fields of Query and of Mutation, whose names do not clash."""
    fields: Fields = {
        "repository": resolve_with(partial(find_repository, viewer)),
        "viewer": describe_actor(viewer.grant.login),
        "search": resolve_with(partial(find_issues, viewer)),
        "node": resolve_with(partial(find_node, viewer)),
        "addComment": _resolve_mutation(viewer, comment_on, "issues"),
    }
    for name, mutation in MUTATIONS.items():
        fields[name] = _resolve_mutation(viewer, mutation, "issues")
    for name, mutation in PULL_MUTATIONS.items():
        fields[name] = _resolve_mutation(viewer, mutation, SCOPE)
    return fields


def _resolve_mutation(viewer: Viewer, mutation: Mutation, scope: str) -> Resolver:
    def perform(arguments: Arguments) -> Fields:
        viewer.require(scope, "write")
        return mutation(viewer, arguments["input"])

    return resolve_with(perform)


# gh asks at /graphql, clients of GitHub Enterprise Server at /api/graphql.
ROUTES = build_routes(
    "",
    Endpoint(ANY_METHOD, "/graphql", "", answer_query),
    Endpoint(ANY_METHOD, "/api/graphql", "", answer_query),
    has_etag=False,
)
