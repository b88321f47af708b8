"""REST: the repository itself, its variables, and who is asking."""

from __future__ import annotations

import re
import sqlite3

from ...context import AppContext
from ...core.clock import from_micros, rfc3339, to_micros
from ...core.errors import ApiProblem, forbidden, invalid, not_found
from ..actions.serializers import repository_stub, user_body
from ..router import Call, Reply, listing, table, text_field, window

# docs.github.com, "Naming conventions for configuration variables".
_VARIABLE = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
MAX_VARIABLE_BYTES = 48 << 10


def get_repository(context: AppContext, call: Call) -> Reply:
    """The repository."""
    may_write = call.grant.allows("contents", "write")
    return Reply(
        body=repository_stub(
            context, context.repository, context.runs.repository_id, call.origin
        )
        | {
            "default_branch": context.default_branch,
            "visibility": "private",
            "archived": False,
            "disabled": False,
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "description": None,
            "clone_url": context.clone_url(),
            "permissions": {
                "admin": call.grant.run_id is None,
                "push": may_write,
                "pull": True,
            },
        }
    )


def get_root(_: AppContext, call: Call) -> Reply:
    """The root, which gh asks for when it checks a token."""
    return Reply(
        body={
            "current_user_url": f"{call.origin}/user",
            "rate_limit_url": f"{call.origin}/rate_limit",
        }
    )


def get_user(context: AppContext, call: Call) -> Reply:
    """The owner of a token; a run's token belongs to nobody."""
    if call.grant.run_id is not None:
        raise forbidden(call.docs)
    return Reply(body=user_body(context.owner))


def variable_body(row: sqlite3.Row) -> dict[str, object]:
    """A variable as REST shows it."""
    return {
        "name": row["name"],
        "value": row["value"],
        "created_at": rfc3339(from_micros(row["created_at"])),
        "updated_at": rfc3339(from_micros(row["updated_at"])),
    }


def _known_variable(context: AppContext, call: Call) -> sqlite3.Row:
    row = context.database.row(
        "SELECT * FROM variables WHERE name = ?", [call.path["name"].upper()]
    )
    if row is None:
        raise not_found(call.docs)
    return row


def _value(call: Call) -> str:
    value = text_field(call, "value")
    if len(value.encode()) > MAX_VARIABLE_BYTES:
        raise invalid("Variable value is too large", docs=call.docs)
    return value


def list_variables(context: AppContext, call: Call) -> Reply:
    """The repository's variables."""
    rows = context.database.rows("SELECT * FROM variables ORDER BY name")
    offset, size = window(call)
    return listing(
        call,
        [variable_body(row) for row in rows[offset : offset + size]],
        len(rows),
        "variables",
    )


def get_variable(context: AppContext, call: Call) -> Reply:
    """One variable."""
    return Reply(body=variable_body(_known_variable(context, call)))


def create_variable(context: AppContext, call: Call) -> Reply:
    """Make a variable; 409 where there is one of that name."""
    name, now = text_field(call, "name"), to_micros(context.clock.now())
    if not _VARIABLE.fullmatch(name):
        raise invalid(
            "Variable names may only contain letters, digits and underscores",
            docs=call.docs,
        )
    try:
        context.database.execute(
            "INSERT INTO variables (name, value, created_at, updated_at) VALUES (?, ?, ?, ?)",
            [name.upper(), _value(call), now, now],
        )
    except sqlite3.IntegrityError:
        raise ApiProblem(
            409, "Already exists - Variable already exists", docs=call.docs
        ) from None
    return Reply(201, {})


def edit_variable(context: AppContext, call: Call) -> Reply:
    """Change a variable's value."""
    row = _known_variable(context, call)
    context.database.execute(
        "UPDATE variables SET value = ?, updated_at = ? WHERE name = ?",
        [_value(call), to_micros(context.clock.now()), row["name"]],
    )
    return Reply(204)


def delete_variable(context: AppContext, call: Call) -> Reply:
    """Delete a variable."""
    context.database.execute(
        "DELETE FROM variables WHERE name = ?", [_known_variable(context, call)["name"]]
    )
    return Reply(204)


# A run's token can have no right on variables: there is no such key below `permissions`.
ROUTES = table(
    "repos/repos",
    {
        "GET /": (get_root, "", ""),
        "GET ~": (get_repository, "", "get-a-repository"),
        "GET /user": (get_user, "", "get-the-authenticated-user"),
    },
) + table(
    "actions/variables",
    {
        "GET ~/actions/variables": (
            list_variables,
            "variables:read",
            "list-repository-variables",
        ),
        "POST ~/actions/variables": (
            create_variable,
            "variables:write",
            "create-a-repository-variable",
        ),
        "GET ~/actions/variables/{name}": (
            get_variable,
            "variables:read",
            "get-a-repository-variable",
        ),
        "PATCH ~/actions/variables/{name}": (
            edit_variable,
            "variables:write",
            "update-a-repository-variable",
        ),
        "DELETE ~/actions/variables/{name}": (
            delete_variable,
            "variables:write",
            "delete-a-repository-variable",
        ),
    },
)
