"""REST: labels, and which of them an issue bears [docs.github.com/rest/issues/labels]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...context import AppContext
from ...core.errors import invalid, not_found
from ...core.models import Issue, Label
from ..router import Call, Reply, listing, table, text_field, window


def label_body(label: Label) -> dict[str, object]:
    """A label as REST shows it."""
    return {
        "id": label.id,
        "node_id": f"LA_{label.name}",
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "default": False,
    }


def known_issue(context: AppContext, call: Call) -> Issue:
    """The issue that the path names; 404 for one that is unknown."""
    try:
        return context.issues.get(call.number("number"))
    except KeyError:
        raise not_found(call.docs) from None


def given_labels(call: Call, body: Mapping[str, object]) -> list[str]:
    """The labels of a request: names, or objects with a name."""
    given = body.get("labels", [])
    if not isinstance(given, list):
        raise invalid(
            "Invalid request.\n\nFor 'properties/labels', that is not an array.",
            docs=call.docs,
        )
    names = [label.get("name") if isinstance(label, dict) else label for label in given]
    if not all(isinstance(name, str) and name for name in names):
        raise invalid("Invalid request.\n\nA label has a name.", docs=call.docs)
    return [str(name) for name in names]


def add_labels(context: AppContext, call: Call) -> Reply:
    """Put labels on an issue, besides those it has."""
    issue = known_issue(context, call)
    names = list(dict.fromkeys([*issue.labels, *given_labels(call, call.body)]))
    return Reply(
        body=_shown(context, context.issues.edit(issue.number, labels=names).labels)
    )


def _shown(context: AppContext, names: Sequence[str]) -> list[dict[str, object]]:
    return [label_body(label) for label in context.issues.labels(names)]


def list_labels(context: AppContext, call: Call) -> Reply:
    """The repository's labels."""
    found = context.issues.labels()
    offset, size = window(call)
    return listing(
        call, [label_body(label) for label in found[offset : offset + size]], len(found)
    )


def create_label(context: AppContext, call: Call) -> Reply:
    """Make a label."""
    label = context.issues.make_label(
        text_field(call, "name"),
        text_field(call, "color", "ededed").lstrip("#"),
        text_field(call, "description"),
    )
    if label is None:
        errors = [{"resource": "Label", "code": "already_exists", "field": "name"}]
        raise invalid("Validation Failed", docs=call.docs, errors=errors)
    return Reply(201, label_body(label))


def get_label(context: AppContext, call: Call) -> Reply:
    """One label."""
    found = context.issues.labels([call.path["name"]])
    if not found:
        raise not_found(call.docs)
    return Reply(body=label_body(found[0]))


def remove_label(context: AppContext, call: Call) -> Reply:
    """Take a label off an issue."""
    issue = known_issue(context, call)
    if call.path["name"] not in issue.labels:
        raise not_found(call.docs)
    left = [name for name in issue.labels if name != call.path["name"]]
    return Reply(
        body=_shown(context, context.issues.edit(issue.number, labels=left).labels)
    )


ROUTES = table(
    "issues/labels",
    {
        "GET ~/labels": (list_labels, "issues:read", "list-labels-for-a-repository"),
        "POST ~/labels": (create_label, "issues:write", "create-a-label"),
        "GET ~/labels/{name}": (get_label, "issues:read", "get-a-label"),
        "POST ~/issues/{number}/labels": (
            add_labels,
            "issues:write",
            "add-labels-to-an-issue",
        ),
        "DELETE ~/issues/{number}/labels/{name}": (
            remove_label,
            "issues:write",
            "remove-a-label-from-an-issue",
        ),
    },
)
