"""GraphQL: from a request to the executed query [docs.github.com/graphql].

A query is executed, not validated: a field that is not served here is left out of the
answer, and gh goes on.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..context import AppContext
from ..rest.calls import Call, Reply
from ..rest.router import ANY_METHOD, Endpoint, build_routes
from .fields import Arguments, Fields, Resolver, Viewer, describe_actor, resolve_with
from .issues import MUTATIONS, Mutation, find_issues, find_node
from .repository import find_repository

if TYPE_CHECKING:
    from graphql import GraphQLSchema


def answer_query(context: AppContext, call: Call) -> Reply:
    """Execute one request body (`query`, `variables`, `operationName`)."""
    # Importing graphql-core takes 90 ms, which only the first query pays.
    from graphql import GraphQLError, execute_sync, parse  # noqa: PLC0415 - as above

    fields = call.body.fields
    try:
        document = parse(str(fields.get("query", "")))
    except GraphQLError as error:
        return Reply(body={"errors": [{"message": error.message}]})
    # What is of another type counts as absent.
    variables, operation = fields.get("variables"), fields.get("operationName")
    if not isinstance(variables, dict):
        variables = {}
    if not isinstance(operation, str):
        operation = None
    result = execute_sync(
        _load_schema(),
        document,
        build_root(Viewer(context, call.grant, call.origin)),
        variable_values=variables,
        operation_name=operation,
    )
    body: dict[str, object] = {"data": result.data}
    if result.errors:
        body["errors"] = [
            {"message": failure.message, "path": failure.path}
            for failure in result.errors
        ]
    return Reply(body=body)


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
    }
    for name, mutation in MUTATIONS.items():
        fields[name] = _resolve_mutation(viewer, mutation)
    return fields


def _resolve_mutation(viewer: Viewer, mutation: Mutation) -> Resolver:
    def perform(arguments: Arguments) -> Fields:
        # Every mutation that is served is about issues.
        viewer.require("issues", "write")
        return mutation(viewer, arguments["input"])

    return resolve_with(perform)


# gh asks at /graphql, clients of GitHub Enterprise Server at /api/graphql.
ROUTES = build_routes(
    "",
    Endpoint(ANY_METHOD, "/graphql", "", answer_query),
    Endpoint(ANY_METHOD, "/api/graphql", "", answer_query),
    has_etag=False,
)
