"""REST: the repository's site [docs.github.com/rest/pages/pages].

What is deployed is recorded and not served.
"""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...storage.documents import Document
from ..calls import Body, Call, JsonObject, Reply
from ..router import Endpoint, build_routes

READ = "pages:read"
WRITE = "pages:write"
DEPLOYMENT = "pages_deployment"
_SITE = "pages"
_BUILD_TYPES = ("legacy", "workflow")


def _serialize_site(context: AppContext, origin: str) -> JsonObject:
    """A `page`."""
    site = context.documents.read_settings(_SITE)
    return {
        "url": f"{origin}/repos/{context.repository}/pages",
        "status": site.get("status"),
        "cname": site.get("cname"),
        "custom_404": False,
        "html_url": f"{origin}/pages/{context.repository}/",
        "build_type": site["build_type"],
        "source": site["source"],
        "public": True,
        "https_enforced": False,
    }


def get_site(context: AppContext, call: Call) -> Reply:
    """The site; 404 where there is none."""
    _require_site(context, call)
    return Reply(body=_serialize_site(context, call.origin))


def _require_site(context: AppContext, call: Call) -> None:
    if not context.documents.read_settings(_SITE).get("build_type"):
        raise call.not_found()


def create_site(context: AppContext, call: Call) -> Reply:
    """Make the site; 409 where there is one."""
    if context.documents.read_settings(_SITE).get("build_type"):
        raise call.refusal(409, "GitHub Pages is already enabled.")
    fields = {
        "build_type": "legacy",
        "source": {"branch": context.default_branch, "path": "/"},
        "cname": None,
        "status": None,
    }
    context.documents.write_settings(_SITE, fields | _read_fields(call))
    return Reply(201, _serialize_site(context, call.origin))


def edit_site(context: AppContext, call: Call) -> Reply:
    """Change the site; what the request does not name stays."""
    _require_site(context, call)
    context.documents.write_settings(_SITE, _read_fields(call))
    return Reply(204)


def _read_fields(call: Call) -> JsonObject:
    fields: JsonObject = {}
    if call.body.has_value("build_type"):
        fields["build_type"] = call.body.read_choice("build_type", _BUILD_TYPES)
    if "cname" in call.body:
        fields["cname"] = call.body.read_text("cname") or None
    if isinstance(call.body.fields.get("source"), dict):
        source = Body(call.body.read_object("source"), call.docs)
        branch = source.require_text("branch")
        fields["source"] = {"branch": branch, "path": source.read_text("path", "/")}
    return fields


def delete_site(context: AppContext, call: Call) -> Reply:
    """Delete the site."""
    _require_site(context, call)
    context.documents.write_settings(_SITE, {"build_type": None})
    return Reply(204)


def create_deployment(context: AppContext, call: Call) -> Reply:
    """Deploy an artifact of a run to the site."""
    _require_site(context, call)
    artifact_id = call.body.read_integer("artifact_id")
    if artifact_id is None and not call.body.has_value("artifact_url"):
        raise call.missing("artifact_id")
    if artifact_id is not None:
        try:
            context.artifacts.get(artifact_id)
        except KeyError:
            raise call.not_found() from None
    call.body.require_text("oidc_token")
    version = call.body.require_text("pages_build_version")
    fields = {"artifact_id": artifact_id, "status": "succeed"}
    deployment = context.documents.add(DEPLOYMENT, fields, key=version)
    context.documents.write_settings(_SITE, {"status": "built"})
    url = f"{call.origin}/repos/{context.repository}/pages/deployments/{deployment.id}"
    body = {
        "id": deployment.id,
        "status_url": url,
        "page_url": f"{call.origin}/pages/{context.repository}/",
    }
    return Reply(body=body)


def get_deployment(context: AppContext, call: Call) -> Reply:
    """How a deployment of the site went."""
    deployment = _find(context, call)
    return Reply(body={"status": deployment.fields["status"]})


def cancel_deployment(context: AppContext, call: Call) -> Reply:
    """Stop a deployment of the site."""
    deployment = _find(context, call)
    context.documents.change(deployment, {"status": "deployment_cancelled"})
    return Reply(204)


def _find(context: AppContext, call: Call) -> Document:
    """A deployment, by its id or by the version that was deployed."""
    try:
        return context.documents.find(DEPLOYMENT, call.path["deployment_id"])
    except KeyError:
        get = partial(context.documents.get, DEPLOYMENT)
        return call.find(get, "deployment_id")


_DEPLOYMENT = "~/pages/deployments/{deployment_id}"
ROUTES = build_routes(
    "pages/pages",
    Endpoint("GET", "~/pages", READ, get_site, "get-a-apiname-pages-site"),
    Endpoint("POST", "~/pages", WRITE, create_site, "create-a-apiname-pages-site"),
    Endpoint(
        "PUT",
        "~/pages",
        WRITE,
        edit_site,
        "update-information-about-a-apiname-pages-site",
    ),
    Endpoint("DELETE", "~/pages", WRITE, delete_site, "delete-a-apiname-pages-site"),
    Endpoint(
        "POST",
        "~/pages/deployments",
        WRITE,
        create_deployment,
        "create-a-github-pages-deployment",
    ),
    Endpoint(
        "GET",
        _DEPLOYMENT,
        READ,
        get_deployment,
        "get-the-status-of-a-github-pages-deployment",
    ),
    Endpoint(
        "POST",
        f"{_DEPLOYMENT}/cancel",
        WRITE,
        cancel_deployment,
        "cancel-a-github-pages-deployment",
    ),
)
