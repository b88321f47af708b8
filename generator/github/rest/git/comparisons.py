"""REST: comparing two commits [docs.github.com/rest/commits/commits]."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from ...context import AppContext
from ...storage.git.changes import list_changes
from ...storage.git.commits import (
    Commit,
    Distance,
    Range,
    find_merge_base,
    list_commits,
    measure_distance,
    read_commit,
)
from ..calls import Call, JsonObject, Reply
from ..pagination import read_page
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_changes, serialize_commit

READ = "contents:read"
MOST_FILES = 300


def compare_commits(context: AppContext, call: Call) -> Reply:
    """What `head` has that `base` has not; commits oldest first, files on the first page."""
    base_name, dots, head_name = call.path["basehead"].partition("...")
    if not dots:
        raise call.not_found()
    base, head = _find(context, call, base_name), _find(context, call, head_name)
    merge_base = read_commit(
        context.git, find_merge_base(context.git, base.sha, head.sha) or ""
    )
    if merge_base is None:
        raise call.not_found()
    distance = measure_distance(context.git, base.sha, head.sha)
    commits = list_commits(context.git, Range(head.sha, base.sha))
    commits.reverse()
    page = read_page(call)
    changes = []
    if page.number == 1:
        changes = list_changes(context.git, merge_base.sha, head.sha)[:MOST_FILES]
    serialize = partial(serialize_commit, context, call.origin)
    shown = commits[page.offset : page.offset + page.size]
    body = {
        **_list_links(context, call, base, head),
        "base_commit": serialize(base),
        "merge_base_commit": serialize(merge_base),
        "status": name_relation(distance),
        "ahead_by": distance.ahead,
        "behind_by": distance.behind,
        "total_commits": len(commits),
        "commits": list(map(serialize, shown)),
        "files": serialize_changes(context, call.origin, head.sha, changes),
    }
    return Reply(body=body)


def _find(context: AppContext, call: Call, name: str) -> Commit:
    """A side of a comparison; `owner:branch` is the branch, as there are no forks here."""
    commit = read_commit(context.git, name.rpartition(":")[2])
    if commit is None:
        raise call.not_found()
    return commit


def _list_links(
    context: AppContext, call: Call, base: Commit, head: Commit
) -> JsonObject:
    span = quote(call.path["basehead"])
    comparisons = f"{call.origin}/{context.repository}/compare"
    address = f"{comparisons}/{span}"
    return {
        "url": f"{call.origin}/repos/{context.repository}/compare/{span}",
        "html_url": address,
        # It goes on showing the same when the branches have moved.
        "permalink_url": f"{comparisons}/{base.sha}...{head.sha}",
        "diff_url": f"{address}.diff",
        "patch_url": f"{address}.patch",
    }


def name_relation(distance: Distance) -> str:
    """GitHub's word for how a head lies to its base."""
    if distance.ahead and distance.behind:
        return "diverged"
    if distance.ahead:
        return "ahead"
    if distance.behind:
        return "behind"
    return "identical"


ROUTES = build_routes(
    "commits/commits",
    Endpoint(
        "GET",
        "~/compare/{+basehead}",
        READ,
        compare_commits,
        "compare-two-commits",
    ),
)
