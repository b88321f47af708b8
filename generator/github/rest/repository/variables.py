"""REST: variables of the repository [docs.github.com/rest/actions/variables]."""

from __future__ import annotations

import re

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Variable
from ...storage.variables import VariableTakenError
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes

# A run's token can have no right on variables: there is no such key below `permissions`.
READ = "variables:read"
WRITE = "variables:write"
# docs.github.com, "Naming conventions for configuration variables" and their limits.
_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE | re.ASCII)
MAX_VALUE_BYTES = 48 << 10


def serialize_variable(variable: Variable) -> JsonObject:
    """A variable."""
    return {
        "name": variable.name,
        "value": variable.value,
        "created_at": format_rfc3339(variable.created_at),
        "updated_at": format_rfc3339(variable.updated_at),
    }


def list_variables(context: AppContext, call: Call) -> Reply:
    """The repository's variables."""
    variables = context.variables.list_all()
    return paginate(call, variables, serialize_variable, "variables")


def get_variable(context: AppContext, call: Call) -> Reply:
    """One variable."""
    return Reply(body=serialize_variable(_find_variable(context, call)))


def create_variable(context: AppContext, call: Call) -> Reply:
    """Make a variable; 409 where there is one of that name."""
    name = call.body.read_text("name")
    if not _NAME.fullmatch(name):
        raise call.invalid(
            "Variable names may only contain letters, digits and underscores"
        )
    value = _read_value(call)
    try:
        context.variables.create(name, value)
    except VariableTakenError:
        raise call.refusal(409, "Already exists - Variable already exists") from None
    return Reply(201, {})


def edit_variable(context: AppContext, call: Call) -> Reply:
    """Change a variable's value."""
    variable = _find_variable(context, call)
    context.variables.update(variable.name, _read_value(call))
    return Reply(204)


def delete_variable(context: AppContext, call: Call) -> Reply:
    """Delete a variable."""
    context.variables.delete(_find_variable(context, call).name)
    return Reply(204)


def _find_variable(context: AppContext, call: Call) -> Variable:
    try:
        return context.variables.get(call.path["name"])
    except KeyError:
        raise call.not_found() from None


def _read_value(call: Call) -> str:
    value = call.body.read_text("value")
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise call.invalid("Variable value is too large")
    return value


ROUTES = build_routes(
    "actions/variables",
    Endpoint(
        "GET",
        "~/actions/variables",
        READ,
        list_variables,
        "list-repository-variables",
    ),
    Endpoint(
        "POST",
        "~/actions/variables",
        WRITE,
        create_variable,
        "create-a-repository-variable",
    ),
    Endpoint(
        "GET",
        "~/actions/variables/{name}",
        READ,
        get_variable,
        "get-a-repository-variable",
    ),
    Endpoint(
        "PATCH",
        "~/actions/variables/{name}",
        WRITE,
        edit_variable,
        "update-a-repository-variable",
    ),
    Endpoint(
        "DELETE",
        "~/actions/variables/{name}",
        WRITE,
        delete_variable,
        "delete-a-repository-variable",
    ),
)
