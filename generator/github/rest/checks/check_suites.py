"""REST: check suites [docs.github.com/rest/checks/suites]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...core.clock import format_rfc3339
from ...core.models import Run
from ...storage.documents import Document
from ...storage.git.commits import read_commit
from ...storage.runs import RunFilter
from ..calls import Call, JsonObject, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_simple_commit
from ..schemas.repositories import serialize_minimal_repository
from ..schemas.users import serialize_actions_app
from .records import CHECK_SUITE, ensure_suite, list_checks
from .statuses import find_sha

READ = "checks:read"
WRITE = "checks:write"


def list_suites(context: AppContext, call: Call) -> Reply:
    """The suites of a commit: one for each run, and one of what clients report."""
    sha = find_sha(context, call)
    runs = context.runs.list_runs(RunFilter(head_sha=sha))
    own = context.documents.list_all(CHECK_SUITE, sha)
    suites = list(map(partial(_serialize_run, context, call), runs))
    suites += map(partial(_serialize_own, context, call), own)
    return paginate(call, suites, dict, "check_suites")


def create_suite(context: AppContext, call: Call) -> Reply:
    """Make the suite of what clients report about a commit."""
    sha = call.body.require_text("head_sha")
    if context.git.resolve(sha) is None:
        raise call.invalid(f"No commit found for SHA: {sha}")
    suite = ensure_suite(context, sha)
    return Reply(201, _serialize_own(context, call, suite))


def get_suite(context: AppContext, call: Call) -> Reply:
    """One suite."""
    return Reply(body=_find_body(context, call))


def _find_body(context: AppContext, call: Call) -> JsonObject:
    suite_id = call.read_number("suite_id")
    try:
        suite = context.documents.get(CHECK_SUITE, suite_id)
    except KeyError:
        run = call.find(context.runs.get, "suite_id")
        return _serialize_run(context, call, run)
    return _serialize_own(context, call, suite)


def list_suite_checks(context: AppContext, call: Call) -> Reply:
    """The check runs of one suite."""
    suite = _find_body(context, call)
    # Of the same commit there may be other suites.
    found = list_checks(context, call.origin, str(suite["head_sha"]))
    checks = [check for check in found if check["check_suite"] == {"id": suite["id"]}]
    return paginate(call, checks, dict, "check_runs")


def rerequest_suite(context: AppContext, call: Call) -> Reply:
    """Ask for a suite once more."""
    _find_body(context, call)
    return Reply(201, {})


def _serialize_run(context: AppContext, call: Call, run: Run) -> JsonObject:
    """The `check-suite` that a run is."""
    body = _start(context, call, run.id, run.head_sha)
    jobs = context.runs.list_jobs(run.id, run.attempt)
    return body | {
        "head_branch": run.head_branch,
        "status": run.status,
        "conclusion": run.conclusion,
        "created_at": format_rfc3339(run.created_at),
        "updated_at": format_rfc3339(run.updated_at),
        "latest_check_runs_count": len(jobs),
    }


def _serialize_own(context: AppContext, call: Call, suite: Document) -> JsonObject:
    """The `check-suite` of what clients report; as far as its checks are."""
    sha = suite.parent
    body = _start(context, call, suite.id, sha)
    statuses, conclusions = [], []
    for check in list_checks(context, call.origin, sha):
        if check["check_suite"] == {"id": suite.id}:
            statuses.append(check["status"])
            conclusions.append(check["conclusion"])
    # As far as the slowest of them is, as good as the worst.
    status, conclusion = "queued", None
    if statuses:
        status = "in_progress"
    if statuses and set(statuses) == {"completed"}:
        status, conclusion = "completed", "success"
        if "failure" in conclusions:
            conclusion = "failure"
    return body | {
        "head_branch": None,
        "status": status,
        "conclusion": conclusion,
        "created_at": format_rfc3339(suite.created_at),
        "updated_at": format_rfc3339(suite.updated_at),
        "latest_check_runs_count": len(statuses),
    }


def _start(context: AppContext, call: Call, suite_id: int, sha: str) -> JsonObject:
    api = f"{call.origin}/repos/{context.repository}"
    url = f"{api}/check-suites/{suite_id}"
    # A run may be of a commit that was never pushed here.
    commit = read_commit(context.git, sha)
    nobody = {"name": context.owner, "email": f"{context.owner}@localhost.invalid"}
    head: JsonObject = {
        "id": sha,
        "tree_id": sha,
        "message": "",
        "timestamp": format_rfc3339(context.runs.read_birth()),
        "author": nobody,
        "committer": nobody,
    }
    if commit is not None:
        head = serialize_simple_commit(commit)
    return {
        "id": suite_id,
        "node_id": f"CS_{suite_id}",
        "head_sha": sha,
        "url": url,
        "before": None,
        "after": sha,
        "pull_requests": [],
        "app": serialize_actions_app(call.origin),
        "repository": serialize_minimal_repository(
            context, call.origin, context.repository, context.runs.repository_id
        ),
        "head_commit": head,
        "check_runs_url": f"{url}/check-runs",
    }


ROUTES = build_routes(
    "checks/suites",
    Endpoint("POST", "~/check-suites", WRITE, create_suite, "create-a-check-suite"),
    Endpoint("GET", "~/check-suites/{suite_id}", READ, get_suite, "get-a-check-suite"),
    Endpoint(
        "GET",
        "~/check-suites/{suite_id}/check-runs",
        READ,
        list_suite_checks,
        "list-check-runs-in-a-check-suite",
    ),
    Endpoint(
        "POST",
        "~/check-suites/{suite_id}/rerequest",
        WRITE,
        rerequest_suite,
        "rerequest-a-check-suite",
    ),
    Endpoint(
        "GET",
        "~/commits/{+ref}/check-suites",
        READ,
        list_suites,
        "list-check-suites-for-a-git-reference",
    ),
)
