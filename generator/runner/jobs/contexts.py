"""The contexts that expressions of whole jobs are worked out from.

docs.github.com, "Contexts reference": before a job has a runner there are `github`,
`inputs`, `vars`, `needs`, and of a leg `strategy` and `matrix`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...github.core.models import Run
from ..events import Event
from ..plan import RunPlan

# What act leaves empty in `github`.
_MISSING_IN_ACT = (
    "actor_id",
    "ref_protected",
    "repository_id",
    "repository_owner_id",
    "repository_visibility",
    "repositoryUrl",
    "secret_source",
    "triggering_actor",
    "workflow_ref",
    "workflow_sha",
)
RUNNER_NAME = "wfgen"
RUNNER_KIND = "self-hosted"


class RunContexts(NamedTuple):
    """The contexts that all jobs of a run share, and values that act does not know."""

    shared: Mapping[str, object]
    literals: Mapping[str, object]


def make_contexts(plan: RunPlan, run: Run, url: str) -> RunContexts:
    """Return the contexts of a run against the local GitHub at `url`."""
    github = describe_github(plan, run, url)
    shared: dict[str, object] = {
        "github": github,
        "vars": dict(plan.request.variables),
        "inputs": _type_inputs(plan),
    }
    literals = {f"github.{name}": github[name] for name in _MISSING_IN_ACT}
    literals |= {"runner.name": RUNNER_NAME, "runner.environment": RUNNER_KIND}
    return RunContexts(shared, literals)


def describe_github(plan: RunPlan, run: Run, url: str) -> dict[str, object]:
    """Return the `github` context, as far as it is known before a job has a runner."""
    event, name = plan.event, plan.repository.name
    workflow_path = plan.workflow.path.as_posix()
    return {
        "workflow": plan.workflow.name,
        "workflow_ref": f"{name}/{workflow_path}@{event.ref}",
        "workflow_sha": event.sha,
        "ref": event.ref,
        "ref_name": _find_ref_name(event),
        "ref_type": "tag" if event.ref.startswith("refs/tags/") else "branch",
        "ref_protected": False,
        "head_ref": event.environment.get("GITHUB_HEAD_REF", ""),
        "base_ref": event.environment.get("GITHUB_BASE_REF", ""),
        "event_name": event.name,
        "event": event.payload,
        "repository": name,
        "repository_owner": name.split("/")[0],
        "repository_id": "1",
        "repository_owner_id": "1",
        "repository_visibility": "public",
        "repositoryUrl": f"git://github.com/{name}.git",
        "actor": plan.request.actor,
        "actor_id": "1",
        "triggering_actor": plan.request.actor,
        "sha": event.sha,
        "run_id": str(run.id),
        "run_number": str(run.number),
        "run_attempt": str(run.attempt),
        "retention_days": "90",
        "server_url": "https://github.com",
        "api_url": url,
        "graphql_url": f"{url}/graphql",
        "secret_source": "Actions" if event.trusted else "None",
    }


def _find_ref_name(event: Event) -> str:
    return event.short_ref.removeprefix("tags/").removeprefix("pull/")


def _type_inputs(plan: RunPlan) -> dict[str, object]:
    """Return the inputs of a dispatch; truth values and numbers are such, not texts."""
    given = plan.event.payload.get("inputs")
    if not isinstance(given, Mapping):
        return {}
    inputs: dict[str, object] = {}
    for name, declaration in plan.workflow.dispatch_inputs.items():
        value = given.get(name, "")
        if declaration.type == "boolean":
            inputs[name] = value == "true"
        elif declaration.type == "number" and value:
            inputs[name] = float(value)
        else:
            inputs[name] = value
    return inputs
