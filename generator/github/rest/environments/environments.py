"""REST: environments [docs.github.com/rest/deployments/environments]."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.names import is_name
from ...storage.documents import Document
from ..calls import Body, Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import ENVIRONMENT, find_environment

READ = "actions:read"
WRITE = "administration:write"
# 30 days, in minutes.
MAX_WAIT = 43_200
POLICY = "branch_policy"
_POLICY_TYPES = ("branch", "tag")


def serialize_environment(
    context: AppContext, origin: str, environment: Document
) -> JsonObject:
    """An `environment`, with the rules that protect it."""
    name = quote(environment.key, safe="")
    page = f"{origin}/{context.repository}/deployments/activity_log"
    return {
        "id": environment.id,
        "node_id": f"EN_{environment.id}",
        "name": environment.key,
        "url": f"{origin}/repos/{context.repository}/environments/{name}",
        "html_url": f"{page}?environments_filter={name}",
        "created_at": format_rfc3339(environment.created_at),
        "updated_at": format_rfc3339(environment.updated_at),
        "can_admins_bypass": True,
        "protection_rules": _list_rules(environment),
        "deployment_branch_policy": environment.fields.get("deployment_branch_policy"),
    }


def _list_rules(environment: Document) -> list[JsonObject]:
    """What a job that deploys to an environment has to wait for."""
    rules: list[JsonObject] = []
    wait = environment.fields.get("wait_timer")
    if wait:
        rules.append(
            {
                "id": environment.id,
                "node_id": f"GA_{environment.id}",
                "type": "wait_timer",
                "wait_timer": wait,
            }
        )
    # An id of its own would need a record; GitHub's differ from each other, too.
    rule_id = environment.id
    if environment.fields.get("deployment_branch_policy") is not None:
        rules.append(
            {"id": rule_id, "node_id": f"GA_{rule_id}", "type": "branch_policy"}
        )
    return rules


def list_environments(context: AppContext, call: Call) -> Reply:
    """The repository's environments."""
    serialize = partial(serialize_environment, context, call.origin)
    environments = context.documents.list_all(ENVIRONMENT)
    return paginate(call, environments, serialize, "environments")


def get_environment(context: AppContext, call: Call) -> Reply:
    """One environment."""
    environment = find_environment(context, call)
    return Reply(body=serialize_environment(context, call.origin, environment))


def put_environment(context: AppContext, call: Call) -> Reply:
    """Make an environment, or change how it is protected."""
    name = call.path["environment"]
    if not is_name(name):
        raise call.invalid("Environment name is not valid")
    fields: dict[str, Any] = {}
    wait = call.body.read_integer("wait_timer")
    if wait is not None:
        if not 0 <= wait <= MAX_WAIT:
            raise call.invalid("wait_timer must be between 0 and 43200")
        fields["wait_timer"] = wait
    if "deployment_branch_policy" in call.body:
        fields["deployment_branch_policy"] = _read_policy(call)
    environment, _ = context.documents.put(ENVIRONMENT, name, fields)
    return Reply(body=serialize_environment(context, call.origin, environment))


def _read_policy(call: Call) -> dict[str, bool] | None:
    """Which branches may deploy: exactly one of two ways, or (null) any."""
    if not call.body.has_value("deployment_branch_policy"):
        return None
    policy = Body(call.body.read_object("deployment_branch_policy"), call.docs)
    protected = policy.read_flag("protected_branches") is True
    custom = policy.read_flag("custom_branch_policies") is True
    # GitHub has no third way, and wants exactly one of the two.
    if protected == custom:
        message = "protected_branches and custom_branch_policies cannot be the same"
        raise call.invalid(message)
    return {"protected_branches": protected, "custom_branch_policies": custom}


def delete_environment(context: AppContext, call: Call) -> Reply:
    """Delete an environment with what it holds."""
    environment = find_environment(context, call)
    context.variables.delete_scope(environment.key)
    for kind in ("secret", POLICY):
        context.documents.delete_children(kind, environment.key)
    context.documents.delete(environment)
    return Reply(204)


def _serialize_policy(policy: Document) -> JsonObject:
    """A `deployment-branch-policy`."""
    return {
        "id": policy.id,
        "node_id": f"GATE_{policy.id}",
        "name": policy.fields["name"],
        "type": policy.fields["type"],
    }


def list_policies(context: AppContext, call: Call) -> Reply:
    """The patterns of branches and tags that may deploy to an environment."""
    policies = context.documents.list_all(POLICY, find_environment(context, call).key)
    return paginate(call, policies, _serialize_policy, "branch_policies")


def create_policy(context: AppContext, call: Call) -> Reply:
    """Let branches or tags of a pattern deploy; one that may already stays as it is."""
    environment = find_environment(context, call)
    name = call.body.require_text("name")
    kind = "branch"
    if call.body.has_value("type"):
        kind = call.body.read_choice("type", _POLICY_TYPES)
    fields = {"name": name, "type": kind}
    policy, _ = context.documents.put(POLICY, name, fields, environment.key)
    return Reply(body=_serialize_policy(policy))


def delete_policy(context: AppContext, call: Call) -> Reply:
    """Take a pattern out."""
    find_environment(context, call)
    policy = call.find(partial(context.documents.get, POLICY), "policy_id")
    context.documents.delete(policy)
    return Reply(204)


_ENVIRONMENT = "~/environments/{environment}"
_POLICIES = f"{_ENVIRONMENT}/deployment-branch-policies"
ROUTES = build_routes(
    "deployments/environments",
    Endpoint("GET", "~/environments", READ, list_environments, "list-environments"),
    Endpoint("GET", _ENVIRONMENT, READ, get_environment, "get-an-environment"),
    Endpoint(
        "PUT",
        _ENVIRONMENT,
        WRITE,
        put_environment,
        "create-or-update-an-environment",
    ),
    Endpoint(
        "DELETE", _ENVIRONMENT, WRITE, delete_environment, "delete-an-environment"
    ),
    Endpoint("GET", _POLICIES, READ, list_policies, "list-deployment-branch-policies"),
    Endpoint(
        "POST", _POLICIES, WRITE, create_policy, "create-a-deployment-branch-policy"
    ),
    Endpoint(
        "DELETE",
        f"{_POLICIES}/{{policy_id}}",
        WRITE,
        delete_policy,
        "delete-a-deployment-branch-policy",
    ),
)
