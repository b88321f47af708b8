"""GraphQL: the repository, its labels and releases."""

from __future__ import annotations

from functools import partial

from ..storage.releases import ReleaseFilter
from .fields import (
    Arguments,
    Fields,
    Resolver,
    Viewer,
    connect_nothing,
    describe_actor,
    describe_label,
    describe_release,
    make_connection,
    resolve_with,
)
from .issues import find_issue, list_issues
from .pulls import find_pull, list_page


def find_repository(viewer: Viewer, arguments: Arguments) -> Fields:
    """The repository of this server; LookupError in GitHub's words for any other."""
    context = viewer.context
    full_name = f"{arguments['owner']}/{arguments['name']}"
    if full_name.lower() != context.repository.lower():
        message = f"Could not resolve to a Repository with the name '{full_name}'."
        raise LookupError(message)
    viewer_permission = "WRITE"
    if viewer.grant.run_id is None:
        viewer_permission = "ADMIN"
    return {
        "id": f"R_{context.runs.repository_id}",
        "name": arguments["name"],
        "nameWithOwner": context.repository,
        "owner": describe_actor(context.owner),
        "url": f"{viewer.origin}/{context.repository}",
        "isPrivate": True,
        "isFork": False,
        "hasIssuesEnabled": True,
        "hasWikiEnabled": False,
        "viewerPermission": viewer_permission,
        "defaultBranchRef": {"name": context.default_branch},
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "issueTemplates": [],
        **_list_resolvers(viewer),
    }


def _list_resolvers(viewer: Viewer) -> dict[str, Resolver]:
    """The repository's fields that take arguments."""
    # There are no people, milestones or projects here, but gh asks for them.
    nothing = connect_nothing()
    issue = resolve_with(partial(_find_issue, viewer))
    return {
        "issue": issue,
        "issueOrPullRequest": resolve_with(partial(_find_either, viewer)),
        "issues": resolve_with(partial(list_issues, viewer)),
        "label": resolve_with(partial(_find_label, viewer)),
        "labels": resolve_with(partial(_list_labels, viewer)),
        "release": resolve_with(partial(_find_release, viewer)),
        "releases": resolve_with(partial(_list_releases, viewer)),
        "assignableUsers": nothing,
        "milestones": nothing,
        "projects": nothing,
        "pullRequest": resolve_with(partial(_find_pull, viewer)),
        "pullRequests": resolve_with(partial(list_page, viewer)),
    }


def _find_issue(viewer: Viewer, arguments: Arguments) -> Fields:
    return find_issue(viewer, arguments["number"])


def _find_pull(viewer: Viewer, arguments: Arguments) -> Fields:
    return find_pull(viewer, arguments["number"])


def _find_either(viewer: Viewer, arguments: Arguments) -> Fields:
    """An issue or a pull request, by the number that they share."""
    number = arguments["number"]
    try:
        is_pull = viewer.context.issues.get(number).is_pull
    except KeyError:
        is_pull = False
    if is_pull:
        return find_pull(viewer, number)
    return find_issue(viewer, number)


def _list_labels(viewer: Viewer, arguments: Arguments) -> Fields:
    labels = viewer.context.issues.list_labels()
    return make_connection(labels, describe_label, arguments)


def _find_label(viewer: Viewer, arguments: Arguments) -> Fields | None:
    try:
        label = viewer.context.issues.get_label(arguments["name"])
    except KeyError:
        return None
    return describe_label(label)


def _list_releases(viewer: Viewer, arguments: Arguments) -> Fields:
    viewer.require("contents", "read")
    releases = viewer.context.releases.list_releases()
    latest_id = None
    # Newest first, so the latest is the first that is published in full.
    for release in releases:
        if not release.draft and not release.prerelease:
            latest_id = release.id
            break
    describe = partial(describe_release, latest_id=latest_id)
    return make_connection(releases, describe, arguments)


def _find_release(viewer: Viewer, arguments: Arguments) -> Fields | None:
    viewer.require("contents", "read")
    releases = viewer.context.releases.list_releases(
        ReleaseFilter(tag=arguments["tagName"])
    )
    if not releases:
        return None
    return describe_release(releases[0], None)
