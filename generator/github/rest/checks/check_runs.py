"""REST: check runs [docs.github.com/rest/checks/runs]."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...storage.documents import Document
from ..calls import Body, Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .records import (
    CHECK_RUN,
    ensure_suite,
    list_checks,
    serialize_check,
    serialize_job_check,
)
from .statuses import find_sha

READ = "checks:read"
WRITE = "checks:write"
_STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "timed_out",
)
_TEXTS = ("details_url", "external_id", "started_at", "completed_at")
_LEVELS = ("notice", "warning", "failure")
MOST_ANNOTATIONS = 50


def create_check(context: AppContext, call: Call) -> Reply:
    """Report a check of a commit."""
    name, sha = call.body.require_text("name"), call.body.require_text("head_sha")
    if context.git.resolve(sha) is None:
        raise call.invalid(f"No commit found for SHA: {sha}")
    fields = {"status": "queued", **_read_fields(context, call)}
    fields["suite_id"] = ensure_suite(context, sha).id
    check = context.documents.add(CHECK_RUN, fields, parent=sha, key=name)
    body = serialize_check(context, call.origin, check)
    return Reply(201, body, headers={"Location": str(body["url"])})


def _read_fields(
    context: AppContext, call: Call, present: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a request says of a check; annotations are added to those `present`."""
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        if call.body.has_value(name):
            fields[name] = call.body.read_text(name)
    if call.body.has_value("status"):
        fields["status"] = call.body.read_choice("status", _STATUSES)
    if call.body.has_value("conclusion"):
        fields["conclusion"] = call.body.read_choice("conclusion", _CONCLUSIONS)
        # "Providing conclusion will automatically set the status to completed."
        fields["status"] = "completed"
        fields.setdefault("completed_at", format_rfc3339(context.clock.now()))
    # A check that has ended has ended somehow.
    if fields.get("status") == "completed" and "conclusion" not in fields:
        raise call.missing("conclusion")
    if call.body.has_value("output"):
        output = Body(call.body.read_object("output"), call.docs)
        fields["output"] = {
            "title": output.require_text("title"),
            "summary": output.require_text("summary"),
            "text": output.read_text("text") or None,
        }
        # Of more than 50 annotations, the others come with further requests.
        known = list((present or {}).get("annotations", []))
        fields["annotations"] = known + _read_annotations(call, output)
    return fields


def _read_annotations(call: Call, output: Body) -> list[dict[str, Any]]:
    """The annotations of an output, at most 50 a request."""
    entries = output.read_list("annotations")
    if len(entries) > MOST_ANNOTATIONS:
        raise call.invalid("annotations exceeds a maximum quantity of 50")
    annotations = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise call.invalid("Invalid request.\n\nAn annotation is an object.")
        note = Body(entry, call.docs)
        start = note.read_integer("start_line")
        end = note.read_integer("end_line")
        if start is None or end is None:
            raise call.missing("start_line")
        annotations.append(
            {
                "path": note.require_text("path"),
                "start_line": start,
                "end_line": end,
                "start_column": note.read_integer("start_column"),
                "end_column": note.read_integer("end_column"),
                "annotation_level": note.read_choice("annotation_level", _LEVELS),
                "title": note.read_text("title") or None,
                "message": note.require_text("message"),
                "raw_details": note.read_text("raw_details") or None,
            }
        )
    return annotations


def get_check(context: AppContext, call: Call) -> Reply:
    """One check run, whether a client made it or it is a job."""
    return Reply(body=_find_body(context, call))


def _find_body(context: AppContext, call: Call) -> JsonObject:
    try:
        check = _find(context, call)
    except KeyError:
        job = call.find(context.runs.get_job, "check_id")
        run = context.runs.get(job.run_id)
        return serialize_job_check(context, call.origin, run, job)
    return serialize_check(context, call.origin, check)


def _find(context: AppContext, call: Call) -> Document:
    """The check run that the path names; KeyError where it is none that a client made."""
    return context.documents.get(CHECK_RUN, call.read_number("check_id"))


def edit_check(context: AppContext, call: Call) -> Reply:
    """Change a check run; what the request does not name stays."""
    check = call.find(partial(context.documents.get, CHECK_RUN), "check_id")
    fields = _read_fields(context, call, check.fields)
    check = context.documents.change(check, fields)
    if name := call.body.read_text("name"):
        check = context.documents.rename(check, name)
    return Reply(body=serialize_check(context, call.origin, check))


def list_annotations(context: AppContext, call: Call) -> Reply:
    """The annotations of a check run; a job has none, as act's log is not kept here."""
    body = _find_body(context, call)
    try:
        annotations = _find(context, call).fields.get("annotations", [])
    except KeyError:
        annotations = []
    page = f"{call.origin}/{context.repository}/blob/{body['head_sha']}"
    shown = [note | {"blob_href": f"{page}/{note['path']}"} for note in annotations]
    return paginate(call, shown, dict)


def rerequest_check(context: AppContext, call: Call) -> Reply:
    """Ask for a check once more: whoever made it would be told."""
    check = call.find(partial(context.documents.get, CHECK_RUN), "check_id")
    fields = {"status": "queued", "conclusion": None, "completed_at": None}
    context.documents.change(check, fields)
    return Reply(201, {})


def list_for_commit(context: AppContext, call: Call) -> Reply:
    """The check runs of a commit; of a name or status where they are asked for."""
    checks = list_checks(context, call.origin, find_sha(context, call))
    if name := call.query.get("check_name"):
        checks = [check for check in checks if check["name"] == name]
    if status := call.query.get("status"):
        checks = [check for check in checks if check["status"] == status]
    return paginate(call, checks, dict, "check_runs")


ROUTES = build_routes(
    "checks/runs",
    Endpoint("POST", "~/check-runs", WRITE, create_check, "create-a-check-run"),
    Endpoint("GET", "~/check-runs/{check_id}", READ, get_check, "get-a-check-run"),
    Endpoint(
        "PATCH", "~/check-runs/{check_id}", WRITE, edit_check, "update-a-check-run"
    ),
    Endpoint(
        "GET",
        "~/check-runs/{check_id}/annotations",
        READ,
        list_annotations,
        "list-check-run-annotations",
    ),
    Endpoint(
        "POST",
        "~/check-runs/{check_id}/rerequest",
        WRITE,
        rerequest_check,
        "rerequest-a-check-run",
    ),
    Endpoint(
        "GET",
        "~/commits/{+ref}/check-runs",
        READ,
        list_for_commit,
        "list-check-runs-for-a-git-reference",
    ),
)
