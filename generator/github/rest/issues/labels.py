"""REST: labels, and which of them an issue has [docs.github.com/rest/issues/labels]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.models import Label
from ...core.names import is_name
from ..calls import Call, Reply, validation_failed
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import serialize_label, serialize_labels

READ = "issues:read"
WRITE = "issues:write"
# GitHub's own for a label that is made without a colour.
DEFAULT_COLOR = "ededed"


def read_labels(call: Call) -> list[str]:
    """The labels of a request: names, or objects with a name."""
    names = []
    for label in call.body.read_list("labels"):
        name = label
        if isinstance(label, dict):
            name = label.get("name")
        if not isinstance(name, str) or not is_name(name):
            raise call.invalid("Invalid request.\n\nA label has a name.")
        names.append(name)
    return names


def list_labels(context: AppContext, call: Call) -> Reply:
    """The repository's labels."""
    return paginate(
        call,
        context.issues.list_labels(),
        partial(serialize_label, context, call.origin),
    )


def create_label(context: AppContext, call: Call) -> Reply:
    """Make a label."""
    name = call.body.read_text("name")
    color = call.body.read_text("color", DEFAULT_COLOR).lstrip("#")
    description = call.body.read_text("description")
    if not is_name(name):
        details = validation_failed("Label", "name", "invalid")
        raise call.invalid("Validation Failed", details)
    label = context.issues.make_label(name, color, description)
    if label is None:
        details = validation_failed("Label", "name", "already_exists")
        raise call.invalid("Validation Failed", details)
    return Reply(201, serialize_label(context, call.origin, label))


def get_label(context: AppContext, call: Call) -> Reply:
    """One label."""
    label = _find_label(context, call)
    return Reply(body=serialize_label(context, call.origin, label))


def edit_label(context: AppContext, call: Call) -> Reply:
    """Change a label; issues that bear it bear it under its new name."""
    label = _find_label(context, call)
    name = call.body.read_text("new_name", label.name)
    color = call.body.read_text("color", label.color).lstrip("#")
    description = call.body.read_text("description", label.description)
    if not is_name(name):
        details = validation_failed("Label", "name", "invalid")
        raise call.invalid("Validation Failed", details)
    changed = context.issues.change_label(label, name, color, description)
    if changed is None:
        details = validation_failed("Label", "name", "already_exists")
        raise call.invalid("Validation Failed", details)
    return Reply(body=serialize_label(context, call.origin, changed))


def delete_label(context: AppContext, call: Call) -> Reply:
    """Delete a label, which no issue bears any more then."""
    context.issues.delete_label(_find_label(context, call))
    return Reply(204)


def _find_label(context: AppContext, call: Call) -> Label:
    try:
        return context.issues.get_label(call.path["name"])
    except KeyError:
        raise call.not_found() from None


def list_issue_labels(context: AppContext, call: Call) -> Reply:
    """The labels of an issue."""
    issue = call.find(context.issues.get, "number")
    labels = serialize_labels(context, call.origin, issue.labels)
    return paginate(call, labels, dict)


def set_labels(context: AppContext, call: Call) -> Reply:
    """Give an issue these labels and no others."""
    issue = call.find(context.issues.get, "number")
    # Each once.
    names = list(dict.fromkeys(read_labels(call)))
    issue = context.issues.update(issue.number, {"labels": names})
    return Reply(body=serialize_labels(context, call.origin, issue.labels))


def remove_labels(context: AppContext, call: Call) -> Reply:
    """Take all labels off an issue."""
    issue = call.find(context.issues.get, "number")
    context.issues.update(issue.number, {"labels": []})
    return Reply(204)


def add_labels(context: AppContext, call: Call) -> Reply:
    """Put labels on an issue, besides those it has."""
    issue = call.find(context.issues.get, "number")
    # In their order, and each once.
    names = list(dict.fromkeys([*issue.labels, *read_labels(call)]))
    issue = context.issues.update(issue.number, {"labels": names})
    return Reply(body=serialize_labels(context, call.origin, issue.labels))


def remove_label(context: AppContext, call: Call) -> Reply:
    """Take a label off an issue."""
    issue = call.find(context.issues.get, "number")
    removed = call.path["name"]
    if removed not in issue.labels:
        raise call.not_found()
    names = [name for name in issue.labels if name != removed]
    issue = context.issues.update(issue.number, {"labels": names})
    return Reply(body=serialize_labels(context, call.origin, issue.labels))


ROUTES = build_routes(
    "issues/labels",
    Endpoint("GET", "~/labels", READ, list_labels, "list-labels-for-a-repository"),
    Endpoint("POST", "~/labels", WRITE, create_label, "create-a-label"),
    Endpoint("GET", "~/labels/{name}", READ, get_label, "get-a-label"),
    Endpoint("PATCH", "~/labels/{name}", WRITE, edit_label, "update-a-label"),
    Endpoint("DELETE", "~/labels/{name}", WRITE, delete_label, "delete-a-label"),
    Endpoint(
        "GET",
        "~/issues/{number}/labels",
        READ,
        list_issue_labels,
        "list-labels-for-an-issue",
    ),
    Endpoint(
        "PUT",
        "~/issues/{number}/labels",
        WRITE,
        set_labels,
        "set-labels-for-an-issue",
    ),
    Endpoint(
        "DELETE",
        "~/issues/{number}/labels",
        WRITE,
        remove_labels,
        "remove-all-labels-from-an-issue",
    ),
    Endpoint(
        "POST",
        "~/issues/{number}/labels",
        WRITE,
        add_labels,
        "add-labels-to-an-issue",
    ),
    Endpoint(
        "DELETE",
        "~/issues/{number}/labels/{name}",
        WRITE,
        remove_label,
        "remove-a-label-from-an-issue",
    ),
)
