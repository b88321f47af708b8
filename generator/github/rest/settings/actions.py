"""REST: settings of Actions [docs.github.com/rest/actions/permissions].

They are kept and shown. What a run here may do is said by `wfgen run` and its workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from ...context import AppContext
from ..calls import Call, Reply
from ..router import Endpoint, build_routes

READ = "administration:read"
WRITE = "administration:write"


class Group(NamedTuple):
    """Settings with one address: their defaults, and the values each may have.

    A field takes values of its default's type; `choices` says more of some.
    """

    path: str
    anchor: str
    defaults: Mapping[str, Any]
    choices: Mapping[str, tuple[str, ...]]


GROUPS = (
    Group(
        "permissions",
        "github-actions-permissions-for-a-repository",
        {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False},
        {"allowed_actions": ("all", "local_only", "selected")},
    ),
    Group(
        "permissions/workflow",
        "default-workflow-permissions-for-a-repository",
        {
            "default_workflow_permissions": "read",
            "can_approve_pull_request_reviews": False,
        },
        {"default_workflow_permissions": ("read", "write")},
    ),
    Group(
        "permissions/selected-actions",
        "allowed-actions-and-reusable-workflows-for-a-repository",
        {
            "github_owned_allowed": True,
            "verified_allowed": False,
            "patterns_allowed": [],
        },
        {},
    ),
    Group(
        "permissions/access",
        "the-level-of-access-for-workflows-outside-of-the-repository",
        {"access_level": "none"},
        {"access_level": ("none", "user", "organization")},
    ),
    Group(
        "permissions/artifact-and-log-retention",
        "artifact-and-log-retention-settings-for-a-repository",
        {"days": 90},
        {},
    ),
    Group(
        "permissions/fork-pr-contributor-approval",
        "fork-pr-contributor-approval-permissions-for-a-repository",
        {"approval_policy": "first_time_contributors"},
        {
            "approval_policy": (
                "first_time_contributors_new_to_github",
                "first_time_contributors",
                "all_external_contributors",
            )
        },
    ),
    Group(
        "permissions/fork-pr-workflows-private-repos",
        "private-repo-fork-pr-workflow-settings-for-a-repository",
        {
            "run_workflows_from_fork_pull_requests": False,
            "send_write_tokens_to_workflows": False,
            "send_secrets_and_variables": False,
            "require_approval_for_fork_pr_workflows": False,
        },
        {},
    ),
    Group(
        "cache/storage-limit",
        "github-actions-cache-storage-limit-for-a-repository",
        {"max_cache_size_gb": 10},
        {},
    ),
    Group(
        "cache/retention-limit",
        "github-actions-cache-retention-limit-for-a-repository",
        {"max_cache_retention_days": 7},
        {},
    ),
    Group(
        "oidc/customization/sub",
        "the-customization-template-for-an-oidc-subject-claim-for-a-repository",
        {"use_default": True, "include_claim_keys": []},
        {},
    ),
)
# What an artifact can be kept for at most is no setting, and shown with one.
MAX_RETENTION_DAYS = 90


def read_settings(group: Group, context: AppContext, call: Call) -> Reply:
    """A group of settings, as they are."""
    body = {**group.defaults, **context.documents.read_settings(_name(group))}
    if "days" in body:
        body["maximum_allowed_days"] = MAX_RETENTION_DAYS
    if body.get("allowed_actions") == "selected":
        address = f"{call.origin}/repos/{context.repository}/actions/permissions"
        body["selected_actions_url"] = f"{address}/selected-actions"
    return Reply(body=body)


def write_settings(group: Group, context: AppContext, call: Call) -> Reply:
    """Change settings of a group; what the request does not name stays."""
    changes: dict[str, Any] = {}
    for name, default in group.defaults.items():
        if not call.body.has_value(name):
            continue
        value = call.body.fields[name]
        # By exact type, as Python takes true for a number.
        if type(value) is not type(default):
            raise call.invalid(f"Invalid request.\n\nFor 'properties/{name}', no such.")
        if name in group.choices:
            value = call.body.read_choice(name, group.choices[name])
        if name == "days" and not 1 <= value <= MAX_RETENTION_DAYS:
            raise call.invalid("days must be between 1 and 90")
        changes[name] = value
    if not changes:
        raise call.missing(next(iter(group.defaults)))
    context.documents.write_settings(_name(group), changes)
    # For one of them, GitHub answers 201 with an empty object.
    if group.path.startswith("oidc"):
        return Reply(201, {})
    return Reply(204)


def _name(group: Group) -> str:
    return f"actions/{group.path}"


def _build() -> list[Endpoint]:
    """The two operations on each group."""
    endpoints = []
    for group in GROUPS:
        path = f"~/actions/{group.path}"
        read = partial(read_settings, group)
        write = partial(write_settings, group)
        endpoints.append(Endpoint("GET", path, READ, read, f"get-{group.anchor}"))
        endpoints.append(Endpoint("PUT", path, WRITE, write, f"set-{group.anchor}"))
    return endpoints


ROUTES = build_routes("actions/permissions", *_build())
