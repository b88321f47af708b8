"""REST: commits and files of pull requests [docs.github.com/rest/pulls/pulls]."""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...storage.git.changes import list_changes
from ...storage.git.commits import Range, list_commits
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_changes, serialize_commit
from .records import find_fork_point, find_pull, list_pulls
from .serializers import serialize_pull_simple

READ = "pull-requests:read"
MOST_COMMITS = 250
MOST_FILES = 3000


def list_pull_commits(context: AppContext, call: Call) -> Reply:
    """The commits of a pull request, oldest first, of many the first 250."""
    pull = find_pull(context, call)
    fork = find_fork_point(context, pull)
    commits = list_commits(context.git, Range(pull.head_sha, fork))
    commits.reverse()
    serialize = partial(serialize_commit, context, call.origin)
    return paginate(call, commits[:MOST_COMMITS], serialize)


def list_pull_files(context: AppContext, call: Call) -> Reply:
    """The files that a pull request changes, of many the first 3,000."""
    pull = find_pull(context, call)
    fork = find_fork_point(context, pull)
    changes = list_changes(context.git, fork, pull.head_sha)[:MOST_FILES]
    bodies = serialize_changes(context, call.origin, pull.head_sha, changes)
    return paginate(call, bodies, dict)


def list_pulls_of_commit(context: AppContext, call: Call) -> Reply:
    """The pull requests that a commit belongs to."""
    sha = context.git.resolve(call.path["sha"])
    if sha is None:
        raise call.not_found()
    pulls = []
    # Few, as everything here is small: no index of commits is kept.
    for pull in list_pulls(context, "all"):
        fork = find_fork_point(context, pull)
        commits = list_commits(context.git, Range(pull.head_sha, fork))
        known = {commit.sha for commit in commits}
        known.add(pull.document.read_text("merge_sha"))
        if sha in known:
            pulls.append(pull)
    return paginate(call, pulls, partial(serialize_pull_simple, context, call.origin))


ROUTES = build_routes(
    "pulls/pulls",
    Endpoint(
        "GET",
        "~/pulls/{number}/commits",
        READ,
        list_pull_commits,
        "list-commits-on-a-pull-request",
    ),
    Endpoint(
        "GET",
        "~/pulls/{number}/files",
        READ,
        list_pull_files,
        "list-pull-requests-files",
    ),
    Endpoint(
        "GET",
        "~/commits/{sha}/pulls",
        READ,
        list_pulls_of_commit,
        "list-pull-requests-associated-with-a-commit",
    ),
)
