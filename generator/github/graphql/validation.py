"""GraphQL: what a query asks for that is not served, in GitHub's words.

gh is left out: it asks for fields by its own version, and goes on without those that do
not come. Whoever writes a query by hand is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLError, GraphQLSchema

FORGIVEN_AGENT = "GitHub CLI"
MOST_ERRORS = 10
_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'\.")
_UNKNOWN_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'\.")


def validate_query(
    schema: GraphQLSchema, document: DocumentNode
) -> list[dict[str, object]]:
    """The faults of a query, as an answer shows them; none for a query that is right."""
    # Rules that take time by the square of a query's length are not among them.
    from graphql import validate  # noqa: PLC0415 - see `answer_query`
    from graphql.validation import (  # noqa: PLC0415 - as above
        FieldsOnCorrectTypeRule,
        FragmentsOnCompositeTypesRule,
        KnownArgumentNamesRule,
        KnownFragmentNamesRule,
        KnownTypeNamesRule,
        ProvidedRequiredArgumentsRule,
        ScalarLeafsRule,
        ValuesOfCorrectTypeRule,
    )

    rules = (
        FieldsOnCorrectTypeRule,
        FragmentsOnCompositeTypesRule,
        KnownArgumentNamesRule,
        KnownFragmentNamesRule,
        KnownTypeNamesRule,
        ProvidedRequiredArgumentsRule,
        ScalarLeafsRule,
        ValuesOfCorrectTypeRule,
    )
    failures = validate(schema, document, rules, max_errors=MOST_ERRORS)
    return [_describe(failure) for failure in failures]


def _describe(failure: GraphQLError) -> dict[str, object]:
    locations = [
        {"line": place.line, "column": place.column}
        for place in failure.locations or ()
    ]
    error: dict[str, object] = {"message": failure.message, "locations": locations}
    if unknown := _UNKNOWN_FIELD.match(failure.message):
        field, type_name = unknown.groups()
        told = f"Field '{field}' doesn't exist on type '{type_name}'"
        error["message"] = f"{told} (or the local GitHub does not serve it)"
        error["extensions"] = {
            "code": "undefinedField",
            "typeName": type_name,
            "fieldName": field,
        }
    elif unknown := _UNKNOWN_ARGUMENT.match(failure.message):
        argument, type_name, field = unknown.groups()
        error["message"] = f"Field '{field}' doesn't accept argument '{argument}'"
        error["extensions"] = {
            "code": "argumentNotAccepted",
            "name": field,
            "typeName": "Field",
            "argumentName": argument,
        }
    return error
