"""REST: deployments and their statuses [docs.github.com/rest/deployments/deployments]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Call, JsonObject, Reply
from ..environments.records import ENVIRONMENT
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.users import serialize_user

READ = "deployments:read"
WRITE = "deployments:write"
DEPLOYMENT = "deployment"
STATUS = "deployment_status"
_STATES = (
    "error",
    "failure",
    "inactive",
    "in_progress",
    "queued",
    "pending",
    "success",
)
_FILTERS = ("sha", "ref", "task", "environment")


def serialize_deployment(
    context: AppContext, origin: str, deployment: Document
) -> JsonObject:
    """A `deployment`."""
    fields = deployment.fields
    api = f"{origin}/repos/{context.repository}"
    url = f"{api}/deployments/{deployment.id}"
    return {
        "id": deployment.id,
        "node_id": f"DE_{deployment.id}",
        "url": url,
        "sha": fields["sha"],
        "ref": fields["ref"],
        "task": fields["task"],
        "payload": fields["payload"],
        "original_environment": fields["environment"],
        "environment": fields["environment"],
        "description": fields["description"],
        "creator": serialize_user(origin, deployment.author),
        "created_at": format_rfc3339(deployment.created_at),
        "updated_at": format_rfc3339(deployment.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": api,
        "transient_environment": fields["transient"],
        "production_environment": fields["production"],
    }


def list_deployments(context: AppContext, call: Call) -> Reply:
    """Deployments, newest first; of a SHA, ref, task or environment where asked for."""
    deployments = context.documents.list_all(DEPLOYMENT)
    deployments.reverse()
    for name in _FILTERS:
        wanted = call.query.get(name)
        if wanted:
            deployments = [
                deployment
                for deployment in deployments
                if deployment.fields[name] == wanted
            ]
    serialize = partial(serialize_deployment, context, call.origin)
    return paginate(call, deployments, serialize)


def create_deployment(context: AppContext, call: Call) -> Reply:
    """Enter a deployment, and its environment where that is new."""
    ref = call.body.require_text("ref")
    sha = context.git.resolve(ref)
    if sha is None:
        raise call.invalid(f"No ref found for: {ref}")
    environment = call.body.read_text("environment") or "production"
    fields = {
        "ref": ref,
        "sha": sha,
        "task": call.body.read_text("task") or "deploy",
        "payload": call.body.fields.get("payload") or {},
        "environment": environment,
        "description": call.body.read_text("description") or None,
        "transient": call.body.read_flag("transient_environment") is True,
        "production": call.body.read_flag("production_environment") is True
        or environment == "production",
    }
    # As on GitHub, naming an environment makes it.
    context.documents.put(ENVIRONMENT, environment, {})
    author = call.grant.login
    deployment = context.documents.add(DEPLOYMENT, fields, author=author)
    body = serialize_deployment(context, call.origin, deployment)
    return Reply(201, body, headers={"Location": str(body["url"])})


def get_deployment(context: AppContext, call: Call) -> Reply:
    """One deployment."""
    deployment = _find(context, call)
    return Reply(body=serialize_deployment(context, call.origin, deployment))


def delete_deployment(context: AppContext, call: Call) -> Reply:
    """Delete a deployment; one that is active only where there is no other."""
    deployment = _find(context, call)
    statuses = context.documents.list_all(STATUS, deployment.id)
    # The last status is the one that counts.
    is_active = bool(statuses) and statuses[-1].fields["state"] == "success"
    if is_active and len(context.documents.list_all(DEPLOYMENT)) > 1:
        raise call.invalid("We cannot delete an active deployment unless it is alone")
    context.documents.delete_children(STATUS, deployment.id)
    context.documents.delete(deployment)
    return Reply(204)


def _find(context: AppContext, call: Call) -> Document:
    return call.find(partial(context.documents.get, DEPLOYMENT), "deployment_id")


def serialize_status(
    context: AppContext, origin: str, deployment: Document, status: Document
) -> JsonObject:
    """A `deployment-status`."""
    api = f"{origin}/repos/{context.repository}"
    url = f"{api}/deployments/{deployment.id}"
    body: JsonObject = {
        "id": status.id,
        "node_id": f"DES_{status.id}",
        "url": f"{url}/statuses/{status.id}",
        "state": status.fields["state"],
        "creator": serialize_user(origin, status.author),
        "description": status.read_text("description"),
        "environment": deployment.fields["environment"],
        "target_url": status.read_text("log_url"),
        "created_at": format_rfc3339(status.created_at),
        "updated_at": format_rfc3339(status.updated_at),
        "deployment_url": url,
        "repository_url": api,
    }
    for name in ("log_url", "environment_url"):
        if status.read_text(name):
            body[name] = status.read_text(name)
    return body


def list_statuses(context: AppContext, call: Call) -> Reply:
    """The statuses of a deployment, newest first."""
    deployment = _find(context, call)
    statuses = context.documents.list_all(STATUS, deployment.id)
    statuses.reverse()
    serialize = partial(serialize_status, context, call.origin, deployment)
    return paginate(call, statuses, serialize)


def create_status(context: AppContext, call: Call) -> Reply:
    """Say how a deployment goes."""
    deployment = _find(context, call)
    fields = {
        "state": call.body.read_choice("state", _STATES),
        "description": call.body.read_text("description"),
        "environment_url": call.body.read_text("environment_url"),
        # `target_url` is its older name.
        "log_url": call.body.read_text("log_url") or call.body.read_text("target_url"),
    }
    status = context.documents.add(
        STATUS, fields, parent=deployment.id, author=call.grant.login
    )
    body = serialize_status(context, call.origin, deployment, status)
    return Reply(201, body, headers={"Location": str(body["url"])})


def get_status(context: AppContext, call: Call) -> Reply:
    """One status of a deployment."""
    deployment = _find(context, call)
    status = call.find(partial(context.documents.get, STATUS), "status_id")
    if status.parent != str(deployment.id):
        raise call.not_found()
    return Reply(body=serialize_status(context, call.origin, deployment, status))


_DEPLOYMENT = "~/deployments/{deployment_id}"
_STATUSES = f"{_DEPLOYMENT}/statuses"
ROUTES = build_routes(
    "deployments/deployments",
    Endpoint("GET", "~/deployments", READ, list_deployments, "list-deployments"),
    Endpoint("POST", "~/deployments", WRITE, create_deployment, "create-a-deployment"),
    Endpoint("GET", _DEPLOYMENT, READ, get_deployment, "get-a-deployment"),
    Endpoint("DELETE", _DEPLOYMENT, WRITE, delete_deployment, "delete-a-deployment"),
    Endpoint("GET", _STATUSES, READ, list_statuses, "list-deployment-statuses"),
    Endpoint("POST", _STATUSES, WRITE, create_status, "create-a-deployment-status"),
    Endpoint(
        "GET",
        f"{_STATUSES}/{{status_id}}",
        READ,
        get_status,
        "get-a-deployment-status",
    ),
)
