"""Calls that people make with typed clients, each of which must parse into their models.

Run by the tests with the Python of `.judges/`, which has the clients: the name of one, the
address of a local GitHub, an owner's token and a run's id. Prints, as JSON, what went
wrong with each call ("" for nothing), by the call's name.
"""

from __future__ import annotations

import base64
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

OWNER, NAME = "local", "repository"
SEALED = base64.b64encode(b"x" * 60).decode()
TEXT = base64.b64encode(b"text\n").decode()
Calls = dict[str, Callable[[], Any]]


def call_githubkit(url: str, token: str, run_id: int) -> Calls:
    """githubkit, whose models are made from GitHub's description, every field required."""
    from githubkit import GitHub  # noqa: PLC0415 - of this client alone

    client = GitHub(token, base_url=url)
    kept: dict[str, Any] = {}

    def ask(area: str, method: str, **fields: Any) -> Callable[[], Any]:  # noqa: ANN401
        def perform() -> Any:  # noqa: ANN401 - any model
            call = getattr(getattr(client.rest, area), method)
            filled = {
                key: kept.get(value, value) if isinstance(value, str) else value
                for key, value in fields.items()
            }
            response = call(owner=OWNER, repo=NAME, **filled)
            if response.content:
                kept[f"<{area}.{method}>"] = response.parsed_data
            return response

        return perform

    def keep(name: str, read: Callable[[Any], Any]) -> Callable[[], Any]:
        def perform() -> None:
            source, _, _ = name.partition(" ")
            kept[name.partition(" ")[2]] = read(kept[source])

        return perform

    calls: Calls = {
        "repos.get": ask("repos", "get"),
        "contents.put": ask(
            "repos",
            "create_or_update_file_contents",
            path="a.txt",
            message="m",
            content=TEXT,
        ),
        "keep.sha": keep(
            "<repos.create_or_update_file_contents> $sha", lambda b: b.commit.sha
        ),
        "contents.get": ask("repos", "get_content", path="a.txt"),
        "contents.list": ask("repos", "get_content", path="."),
        "branches": ask("repos", "list_branches"),
        "branch": ask("repos", "get_branch", branch="main"),
        "commits": ask("repos", "list_commits"),
        "commit": ask("repos", "get_commit", ref="main"),
        "refs.create": ask("git", "create_ref", ref="refs/heads/side", sha="$sha"),
        "ref": ask("git", "get_ref", ref="heads/main"),
        "tree": ask("git", "get_tree", tree_sha="main"),
        "side": ask(
            "repos",
            "create_or_update_file_contents",
            path="b.txt",
            message="m",
            content=TEXT,
            branch="side",
        ),
        "compare": ask("repos", "compare_commits", basehead="main...side"),
        "pulls.create": ask("pulls", "create", title="t", head="side", base="main"),
        "keep.pull": keep("<pulls.create> $pull", lambda b: b.number),
        "pulls.list": ask("pulls", "list"),
        "pulls.get": ask("pulls", "get", pull_number="$pull"),
        "pulls.files": ask("pulls", "list_files", pull_number="$pull"),
        "pulls.commits": ask("pulls", "list_commits", pull_number="$pull"),
        "reviews.create": ask(
            "pulls", "create_review", pull_number="$pull", event="COMMENT", body="b"
        ),
        "reviews": ask("pulls", "list_reviews", pull_number="$pull"),
        "comments.line": ask(
            "pulls",
            "create_review_comment",
            pull_number="$pull",
            body="b",
            path="b.txt",
            line=1,
            commit_id="$sha",
        ),
        "pulls.merge": ask("pulls", "merge", pull_number="$pull"),
        "statuses.create": ask(
            "repos", "create_commit_status", sha="$sha", state="success"
        ),
        "statuses.combined": ask("repos", "get_combined_status_for_ref", ref="main"),
        "checks.create": ask("checks", "create", name="gate", head_sha="$sha"),
        "checks.list": ask("checks", "list_for_ref", ref="main"),
        "suites.list": ask("checks", "list_suites_for_ref", ref="main"),
        "issues.create": ask("issues", "create", title="t", labels=["training"]),
        "keep.issue": keep("<issues.create> $issue", lambda b: b.number),
        "issues.list": ask("issues", "list_for_repo"),
        "issues.get": ask("issues", "get", issue_number="$issue"),
        "issues.comment": ask(
            "issues", "create_comment", issue_number="$issue", body="b"
        ),
        "issues.comments": ask("issues", "list_comments", issue_number="$issue"),
        "issues.close": ask("issues", "update", issue_number="$issue", state="closed"),
        "labels": ask("issues", "list_labels_for_repo"),
        "milestones.create": ask("issues", "create_milestone", title="v1"),
        "releases.create": ask("repos", "create_release", tag_name="v1"),
        "releases.list": ask("repos", "list_releases"),
        "releases.latest": ask("repos", "get_latest_release"),
        "releases.tag": ask("repos", "get_release_by_tag", tag="v1"),
        "tags": ask("repos", "list_tags"),
        "runs.list": ask("actions", "list_workflow_runs_for_repo"),
        "runs.get": ask("actions", "get_workflow_run", run_id=run_id),
        "jobs": ask("actions", "list_jobs_for_workflow_run", run_id=run_id),
        "artifacts": ask("actions", "list_artifacts_for_repo"),
        "artifacts.run": ask("actions", "list_workflow_run_artifacts", run_id=run_id),
        "workflows": ask("actions", "list_repo_workflows"),
        "workflow": ask("actions", "get_workflow", workflow_id="train.yml"),
        "workflow.runs": ask("actions", "list_workflow_runs", workflow_id="train.yml"),
        "caches": ask("actions", "get_actions_cache_list"),
        "caches.usage": ask("actions", "get_actions_cache_usage"),
        "variables.create": ask(
            "actions", "create_repo_variable", name="ROUNDS", value="3"
        ),
        "variables": ask("actions", "list_repo_variables"),
        "variable": ask("actions", "get_repo_variable", name="ROUNDS"),
        "secrets.key": ask("actions", "get_repo_public_key"),
        "secrets": ask("actions", "list_repo_secrets"),
        "environments.put": ask(
            "repos", "create_or_update_environment", environment_name="production"
        ),
        "environments": ask("repos", "get_all_environments"),
        "deployments.create": ask("repos", "create_deployment", ref="main"),
        "deployments": ask("repos", "list_deployments"),
    }
    calls["rate_limit"] = lambda: client.rest.rate_limit.get().parsed_data
    calls["user"] = lambda: client.rest.users.get_authenticated().parsed_data
    calls["search"] = lambda: (
        client.rest.search.issues_and_pull_requests(q="t").parsed_data
    )
    return calls


def call_pygithub(url: str, token: str, run_id: int) -> Calls:
    """PyGithub, which reads a field when it is asked for: so each is asked for."""
    from github import Auth, Github  # noqa: PLC0415 - of this client alone

    client = Github(auth=Auth.Token(token), base_url=url)
    repo = client.get_repo(f"{OWNER}/{NAME}")
    kept: dict[str, Any] = {}

    def read(thing: Any) -> Any:  # noqa: ANN401 - any object of the client
        """Read every property that it has."""
        for name in dir(type(thing)):
            if isinstance(getattr(type(thing), name), property):
                getattr(thing, name)
        return thing

    def read_all(things: Any) -> list[Any]:  # noqa: ANN401 - any list of the client
        found = list(things)
        assert found, "nothing is listed"
        return [read(thing) for thing in found]

    def keep(name: str, thing: Any) -> Any:  # noqa: ANN401 - any object of the client
        kept[name] = read(thing)
        return thing

    return {
        "repo": lambda: read(repo),
        "contents.put": lambda: repo.create_file("a.txt", "m", "text\n"),
        "contents.get": lambda: read(repo.get_contents("a.txt")),
        "contents.update": lambda: repo.update_file(
            "a.txt", "m", "more\n", repo.get_contents("a.txt").sha
        ),
        "branches": lambda: read_all(repo.get_branches()),
        "commits": lambda: read_all(repo.get_commits()),
        "refs.create": lambda: repo.create_git_ref(
            "refs/heads/side", repo.get_branch("main").commit.sha
        ),
        "refs": lambda: read_all(repo.get_git_matching_refs("heads/")),
        "tree": lambda: read(repo.get_git_tree("main", recursive=True)),
        "side": lambda: repo.create_file("b.txt", "m", "text\n", branch="side"),
        "compare": lambda: read(repo.compare("main", "side")),
        "pulls.create": lambda: keep(
            "pull", repo.create_pull(base="main", head="side", title="t", body="b")
        ),
        "pulls": lambda: read_all(repo.get_pulls()),
        "pulls.files": lambda: read_all(kept["pull"].get_files()),
        "pulls.commits": lambda: read_all(kept["pull"].get_commits()),
        "reviews.create": lambda: read(
            kept["pull"].create_review(body="b", event="COMMENT")
        ),
        "reviews": lambda: read_all(kept["pull"].get_reviews()),
        "pulls.merge": lambda: read(kept["pull"].merge()),
        "statuses": lambda: read(
            repo.get_branch("main").commit.create_status("success", context="gate")
        ),
        "statuses.combined": lambda: read(
            repo.get_branch("main").commit.get_combined_status()
        ),
        "checks": lambda: read(
            repo.create_check_run("gate", repo.get_branch("main").commit.sha)
        ),
        "issues.create": lambda: keep(
            "issue", repo.create_issue("t", body="b", labels=["training"])
        ),
        "issues": lambda: read_all(repo.get_issues()),
        "issues.comment": lambda: read(kept["issue"].create_comment("b")),
        "issues.comments": lambda: read_all(kept["issue"].get_comments()),
        "issues.close": lambda: kept["issue"].edit(state="closed"),
        "labels": lambda: read_all(repo.get_labels()),
        "milestones": lambda: read(repo.create_milestone("v1")),
        "releases.create": lambda: keep(
            "release", repo.create_git_release("v1", "v1", "notes")
        ),
        "releases": lambda: read_all(repo.get_releases()),
        "releases.latest": lambda: read(repo.get_latest_release()),
        "runs": lambda: read_all(repo.get_workflow_runs()),
        "run": lambda: read(repo.get_workflow_run(run_id)),
        "jobs": lambda: read_all(repo.get_workflow_run(run_id).jobs()),
        "artifacts": lambda: read_all(repo.get_artifacts()),
        "workflows": lambda: read_all(repo.get_workflows()),
        "variables.create": lambda: read(repo.create_variable("ROUNDS", "3")),
        "variables": lambda: [one.value for one in repo.get_variables()],
        "secrets.create": lambda: read(repo.create_secret("TOKEN", "hidden")),
        "secrets": lambda: [one.updated_at for one in repo.get_secrets()],
        "environments.create": lambda: read(repo.create_environment("production")),
        "environments": lambda: read_all(repo.get_environments()),
        "deployments": lambda: read(repo.create_deployment("main")),
        "hooks": lambda: read(
            repo.create_hook("web", {"url": "http://127.0.0.1:9/"}, ["push"])
        ),
        "user": lambda: read(client.get_user()),
        "search": lambda: read_all(client.search_issues("t")),
        "rate_limit": lambda: read(client.get_rate_limit()),
    }


def call_github3(url: str, token: str, run_id: int) -> Calls:  # noqa: ARG001 - no runs
    """github3.py, whose objects are made of keys that all have to be there."""
    from github3.github import GitHub  # noqa: PLC0415 - of this client alone
    from github3.session import GitHubSession  # noqa: PLC0415 - of this client alone

    session = GitHubSession()
    session.base_url = url
    session.trust_env = False
    client = GitHub(token=token, session=session)
    kept: dict[str, Any] = {}

    def keep(name: str, thing: Any) -> Any:  # noqa: ANN401 - any object of the client
        assert thing is not None, "nothing came"
        kept[name] = thing
        return thing

    def repo() -> Any:  # noqa: ANN401 - a repository of the client
        return kept["repo"]

    def read_all(things: Any) -> list[Any]:  # noqa: ANN401 - any list of the client
        found = list(things)
        assert found, "nothing is listed"
        return found

    return {
        "repo": lambda: keep("repo", client.repository(OWNER, NAME)),
        "contents.put": lambda: repo().create_file("a.txt", "m", b"text\n"),
        "contents.get": lambda: keep("file", repo().file_contents("a.txt", "main")),
        "branches": lambda: read_all(repo().branches()),
        "branch": lambda: keep("main", repo().branch("main")),
        "commits": lambda: read_all(repo().commits()),
        "refs.create": lambda: repo().create_ref(
            "refs/heads/side", kept["main"].commit.sha
        ),
        "tree": lambda: keep("tree", repo().tree("main")),
        "side": lambda: repo().create_file("b.txt", "m", b"text\n", branch="side"),
        "compare": lambda: keep("compare", repo().compare_commits("main", "side")),
        "pulls.create": lambda: keep("pull", repo().create_pull("t", "main", "side")),
        "pulls": lambda: read_all(repo().pull_requests()),
        "pulls.files": lambda: read_all(kept["pull"].files()),
        "pulls.commits": lambda: read_all(kept["pull"].commits()),
        "reviews": lambda: kept["pull"].create_review("b", event="COMMENT"),
        "statuses": lambda: repo().create_status(kept["main"].commit.sha, "success"),
        "issues.create": lambda: keep("issue", repo().create_issue("t", body="b")),
        "issues": lambda: read_all(repo().issues()),
        "issues.comment": lambda: kept["issue"].create_comment("b"),
        "issues.comments": lambda: read_all(kept["issue"].comments()),
        "issues.close": lambda: keep("closed", kept["issue"].close()),
        "labels.create": lambda: repo().create_label("bug", "ff0000"),
        "labels": lambda: read_all(repo().labels()),
        "milestones": lambda: repo().create_milestone("v1"),
        "releases.create": lambda: keep("release", repo().create_release("v1")),
        "releases": lambda: read_all(repo().releases()),
        "releases.latest": lambda: keep("latest", repo().latest_release()),
        "deployments": lambda: repo().create_deployment("main"),
        "hooks": lambda: repo().create_hook("web", {"url": "http://127.0.0.1:9/"}),
        "user": client.me,
        "rate_limit": client.rate_limit,
    }


def call_ghapi(url: str, token: str, run_id: int) -> Calls:
    """ghapi, which makes its calls out of GitHub's description."""
    from ghapi.all import GhApi  # noqa: PLC0415 - of this client alone

    api = GhApi(owner=OWNER, repo=NAME, token=token, gh_host=url, sync=True)
    return {
        "repo": lambda: api.repos.get().full_name,
        "contents.put": lambda: (
            api.repos.create_or_update_file_contents(
                "a.txt", message="m", content=TEXT
            ).commit.sha
        ),
        "contents.get": lambda: api.repos.get_content("a.txt").sha,
        "branches": lambda: api.repos.list_branches()[0].name,
        "commits": lambda: api.repos.list_commits()[0].sha,
        "issues.create": lambda: api.issues.create(title="t").number,
        "issues": lambda: api.issues.list_for_repo()[0].title,
        "issues.comment": lambda: api.issues.create_comment(1, body="b").id,
        "releases.create": lambda: api.repos.create_release(tag_name="v1").id,
        "releases": lambda: api.repos.list_releases()[0].tag_name,
        "runs": lambda: api.actions.list_workflow_runs_for_repo().total_count,
        "run": lambda: api.actions.get_workflow_run(run_id).id,
        "artifacts": lambda: api.actions.list_artifacts_for_repo().artifacts[0].name,
        "workflows": lambda: api.actions.list_repo_workflows().workflows[0].path,
    }


CLIENTS: Mapping[str, Callable[[str, str, int], Calls]] = {
    "githubkit": call_githubkit,
    "PyGithub": call_pygithub,
    "github3.py": call_github3,
    "ghapi": call_ghapi,
}


def main() -> None:
    """Make every call, whatever became of the others."""
    name, url, token, run_id = sys.argv[1:]
    outcome = {}
    for call, perform in CLIENTS[name](url, token, int(run_id)).items():
        try:
            perform()
        except Exception:  # noqa: BLE001 - the client's own, of any class
            outcome[call] = traceback.format_exc(limit=-2)[-600:]
        else:
            outcome[call] = ""
    json.dump(outcome, sys.stdout)


if __name__ == "__main__":
    main()
