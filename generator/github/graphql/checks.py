"""GraphQL: what checks and statuses say of a commit."""

from __future__ import annotations

from ..rest.checks.records import list_checks
from ..rest.checks.statuses import STATUS
from .fields import Fields, Viewer, connect, resolve_with

_BAD = frozenset({"FAILURE", "ERROR", "CANCELLED", "TIMED_OUT", "ACTION_REQUIRED"})
_GOOD = frozenset({"SUCCESS", "NEUTRAL", "SKIPPED"})


def describe_rollup(viewer: Viewer, sha: str) -> Fields | None:
    """What all of them come to, and each; null where there is none."""
    contexts = [*_list_checks(viewer, sha), *_list_statuses(viewer, sha)]
    if not contexts:
        return None
    verdicts = [context["conclusion"] or context["state"] for context in contexts]
    state = "PENDING"
    if not _BAD.isdisjoint(verdicts):
        state = "FAILURE"
    elif _GOOD.issuperset(verdicts):
        state = "SUCCESS"
    return {"state": state, "contexts": connect(lambda: contexts, dict)}


def _list_checks(viewer: Viewer, sha: str) -> list[Fields]:
    viewer.require("checks", "read")
    shown = []
    for check in list_checks(viewer.context, viewer.origin, sha):
        conclusion = check["conclusion"]
        if conclusion is not None:
            conclusion = str(conclusion).upper()
        fields = {
            "__typename": "CheckRun",
            "name": check["name"],
            "status": str(check["status"]).upper(),
            "conclusion": conclusion,
            # A status has one in its place.
            "state": None,
            "startedAt": check["started_at"],
            "completedAt": check["completed_at"],
            "detailsUrl": check["details_url"],
            "checkSuite": {"workflowRun": None},
            "isRequired": resolve_with(lambda _: False),
        }
        shown.append(fields)
    return shown


def _list_statuses(viewer: Viewer, sha: str) -> list[Fields]:
    newest = {}
    # Oldest first, so that the newest of a context is what remains.
    for status in viewer.context.documents.list_all(STATUS, sha):
        newest[status.key] = {
            "__typename": "StatusContext",
            "context": status.key,
            "state": str(status.fields["state"]).upper(),
            "conclusion": None,
            "description": status.fields.get("description"),
            "targetUrl": status.fields.get("target_url"),
            "createdAt": status.created_at.isoformat(),
            "isRequired": resolve_with(lambda _: False),
        }
    return list(newest.values())
