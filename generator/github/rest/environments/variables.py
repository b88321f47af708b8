"""REST: variables of the repository and of environments.

[docs.github.com/rest/actions/variables]
"""

from __future__ import annotations

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Variable
from ...storage.variables import VariableTakenError
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import find_scope, is_setting_name

# A run's token can have no right on variables: there is no such key below `permissions`.
READ = "variables:read"
WRITE = "variables:write"
MAX_VALUE_BYTES = 48 << 10


def serialize_variable(variable: Variable) -> JsonObject:
    """An `actions-variable`."""
    return {
        "name": variable.name,
        "value": variable.value,
        "created_at": format_rfc3339(variable.created_at),
        "updated_at": format_rfc3339(variable.updated_at),
    }


def list_variables(context: AppContext, call: Call) -> Reply:
    """The variables, by name."""
    variables = context.variables.list_all(find_scope(context, call))
    return paginate(call, variables, serialize_variable, "variables")


def get_variable(context: AppContext, call: Call) -> Reply:
    """One variable."""
    return Reply(body=serialize_variable(_find(context, call)))


def create_variable(context: AppContext, call: Call) -> Reply:
    """Make a variable; 409 where there is one of that name."""
    scope = find_scope(context, call)
    name = _check_name(call, call.body.read_text("name"))
    value = _check_value(call, call.body.read_text("value"))
    try:
        context.variables.create(name, value, scope)
    except VariableTakenError:
        raise _refuse_taken(call) from None
    return Reply(201, {})


def edit_variable(context: AppContext, call: Call) -> Reply:
    """Change a variable's value, its name, or both; what is not named stays."""
    scope = find_scope(context, call)
    variable = _find(context, call)
    # What the request does not name.
    name, value = variable.name, variable.value
    if call.body.has_value("name"):
        name = _check_name(call, call.body.read_text("name"))
    if call.body.has_value("value"):
        value = _check_value(call, call.body.read_text("value"))
    try:
        context.variables.update(variable.name, name, value, scope)
    except VariableTakenError:
        raise _refuse_taken(call) from None
    return Reply(204)


def delete_variable(context: AppContext, call: Call) -> Reply:
    """Delete a variable."""
    scope = find_scope(context, call)
    context.variables.delete(_find(context, call).name, scope)
    return Reply(204)


def list_none(_context: AppContext, call: Call) -> Reply:
    """None: no organization shares variables with the repository."""
    return paginate(call, [], dict, "variables")


def _find(context: AppContext, call: Call) -> Variable:
    scope = find_scope(context, call)
    try:
        return context.variables.get(call.path["name"], scope)
    except KeyError:
        raise call.not_found() from None


def _check_name(call: Call, name: str) -> str:
    if not is_setting_name(name):
        raise call.invalid(
            "Variable names may only contain letters, digits and underscores"
        )
    return name


def _check_value(call: Call, value: str) -> str:
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise call.invalid("Variable value is too large")
    return value


def _refuse_taken(call: Call) -> Exception:
    return call.refusal(409, "Already exists - Variable already exists")


def _build(base: str, owner: str, anchor: str) -> tuple[Endpoint, ...]:
    """The operations on the variables below a path."""
    one = f"{base}/{{name}}"
    return (
        Endpoint("GET", base, READ, list_variables, f"list-{anchor}-variables"),
        Endpoint("POST", base, WRITE, create_variable, f"create-{owner}-variable"),
        Endpoint("GET", one, READ, get_variable, f"get-{owner}-variable"),
        Endpoint("PATCH", one, WRITE, edit_variable, f"update-{owner}-variable"),
        Endpoint("DELETE", one, WRITE, delete_variable, f"delete-{owner}-variable"),
    )


ROUTES = build_routes(
    "actions/variables",
    *_build("~/actions/variables", "a-repository", "repository"),
    *_build("~/environments/{environment}/variables", "an-environment", "environment"),
    Endpoint(
        "GET",
        "~/actions/organization-variables",
        READ,
        list_none,
        "list-repository-organization-variables",
    ),
)
