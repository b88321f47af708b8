"""Any history of branches, pull requests, variables and releases, against plain sets."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from generator.github.core.rate_limits import Limits
from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.clients import Answer, Client

MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
BRANCHES = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["ROUNDS", "rounds", "TURNS", "X_1"])
TAGS = st.sampled_from(["v1", "v2"])
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
PICKS = st.integers(0, 5)


class RepositoryMachine(RuleBasedStateMachine):
    """`branches` are the commits that each leads to, `pulls` the heads of open ones."""

    begin_run: Callable[..., Client]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        limits = Limits(calls_an_hour=None, points_a_minute=None)
        opened = LocalGitHub.open(self.folder, limits=limits)
        self.local_github = opened.__enter__()
        token = self.local_github.create_owner_token()
        self.owner = {"Authorization": f"token {token}"}
        self.client = type(self).begin_run(self.local_github)
        self.commits = 0
        self.branches: dict[str, set[int]] = {}
        self.pulls: dict[int, str] = {}
        self.variables: dict[str, str] = {}
        self.releases: dict[int, tuple[str, bool]] = {}

    def teardown(self) -> None:
        self.local_github.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        return self.client.rest(method, path, body, **self.owner)

    @initialize()
    def begin_repository(self) -> None:
        self.branches["main"] = set()
        self.commit("main")

    def commit(self, branch: str) -> None:
        self.commits += 1
        path = f"contents/{self.commits}.txt"
        body = {"message": "m", "content": "eAo=", "branch": branch}
        assert self.ask("PUT", path, body).status == 201
        self.branches[branch].add(self.commits)

    @rule(name=BRANCHES)
    def create_branch(self, name: str) -> None:
        tip = self.ask("GET", "git/ref/heads/main").json["object"]["sha"]
        body = {"ref": f"refs/heads/{name}", "sha": tip}
        expected = 422 if name in self.branches else 201
        assert self.ask("POST", "git/refs", body).status == expected
        self.branches.setdefault(name, set(self.branches["main"]))

    @rule(pick=PICKS)
    def commit_somewhere(self, pick: int) -> None:
        self.commit(sorted(self.branches)[pick % len(self.branches)])

    @rule(name=BRANCHES)
    def delete_branch(self, name: str) -> None:
        expected = 204 if name in self.branches else 422
        assert self.ask("DELETE", f"git/refs/heads/{name}").status == expected
        self.branches.pop(name, None)
        # GitHub closes what can be pulled no more.
        self.pulls = {one: head for one, head in self.pulls.items() if head != name}

    @rule(head=BRANCHES)
    def open_pull(self, head: str) -> None:
        body = {"title": "t", "head": head, "base": "main"}
        answer = self.ask("POST", "pulls", body)
        ahead = self.branches.get(head, set()) - self.branches["main"]
        if not ahead or head in self.pulls.values():
            assert answer.status == 422
            return
        assert answer.status == 201
        assert answer.json["commits"] == len(ahead)
        self.pulls[answer.json["number"]] = head

    @precondition(lambda self: self.pulls)
    @rule(pick=PICKS)
    def merge_pull(self, pick: int) -> None:
        number = sorted(self.pulls)[pick % len(self.pulls)]
        head = self.pulls[number]
        answer = self.ask("PUT", f"pulls/{number}/merge", {})
        # Every commit adds a file of its own, so nothing conflicts.
        assert answer.status == 200
        del self.pulls[number]
        self.commits += 1
        self.branches["main"] |= self.branches[head] | {self.commits}
        assert self.ask("PUT", f"pulls/{number}/merge", {}).status == 405

    @precondition(lambda self: self.pulls)
    @rule(pick=PICKS)
    def close_pull(self, pick: int) -> None:
        number = sorted(self.pulls)[pick % len(self.pulls)]
        changed = self.ask("PATCH", f"pulls/{number}", {"state": "closed"})
        assert changed.json["state"] == "closed"
        del self.pulls[number]

    @rule(name=NAMES, value=VALUES)
    def create_variable(self, name: str, value: str) -> None:
        body = {"name": name, "value": value}
        expected = 409 if name.upper() in self.variables else 201
        assert self.ask("POST", "actions/variables", body).status == expected
        self.variables.setdefault(name.upper(), value)

    @rule(name=NAMES, new=NAMES)
    def rename_variable(self, name: str, new: str) -> None:
        old, new = name.upper(), new.upper()
        status = self.ask("PATCH", f"actions/variables/{name}", {"name": new}).status
        if old not in self.variables:
            assert status == 404
        elif new != old and new in self.variables:
            assert status == 409
        else:
            assert status == 204
            self.variables[new] = self.variables.pop(old)

    @rule(name=NAMES, value=VALUES)
    def change_variable(self, name: str, value: str) -> None:
        status = self.ask("PATCH", f"actions/variables/{name}", {"value": value}).status
        assert status == (204 if name.upper() in self.variables else 404)
        if name.upper() in self.variables:
            self.variables[name.upper()] = value

    @rule(tag=TAGS, draft=st.booleans())
    def create_release(self, tag: str, draft: bool) -> None:
        body = {"tag_name": tag, "draft": draft}
        answer = self.ask("POST", "releases", body)
        if not draft and (tag, False) in self.releases.values():
            assert answer.status == 422
            return
        assert answer.status == 201
        self.releases[answer.json["id"]] = (tag, draft)

    @precondition(lambda self: self.releases)
    @rule(pick=PICKS)
    def publish_release(self, pick: int) -> None:
        release_id = sorted(self.releases)[pick % len(self.releases)]
        tag, draft = self.releases[release_id]
        answer = self.ask("PATCH", f"releases/{release_id}", {"draft": False})
        if draft and (tag, False) in self.releases.values():
            assert answer.status == 422
            return
        assert answer.json["draft"] is False
        self.releases[release_id] = (tag, False)

    @precondition(lambda self: self.releases)
    @rule(pick=PICKS)
    def delete_release(self, pick: int) -> None:
        release_id = sorted(self.releases)[pick % len(self.releases)]
        assert self.ask("DELETE", f"releases/{release_id}").status == 204
        del self.releases[release_id]

    @invariant()
    def lists_show_what_is_there(self) -> None:
        if not self.branches:
            return

        def read(path: str) -> Any:  # noqa: ANN401 - any JSON
            return self.ask("GET", f"{path}?per_page=100").json

        assert {one["name"] for one in read("branches")} == set(self.branches)
        shown = {one["number"]: one["head"]["ref"] for one in read("pulls")}
        assert shown == self.pulls
        listed = read("actions/variables")["variables"]
        assert {one["name"]: one["value"] for one in listed} == self.variables
        releases = {one["id"]: one for one in read("releases")}
        assert {
            key: (one["tag_name"], one["draft"]) for key, one in releases.items()
        } == self.releases


def play(begin_on: Callable[..., Client], examples: int, steps: int) -> None:
    class Machine(RepositoryMachine):
        begin_run = staticmethod(begin_on)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.timeout(280)
def test_any_history_of_the_repository(begin_on: Callable[..., Client]) -> None:
    play(begin_on, examples=4, steps=20)


@pytest.mark.bench
@pytest.mark.timeout(3000)
def test_any_long_history_of_the_repository(begin_on: Callable[..., Client]) -> None:
    play(begin_on, examples=200, steps=50)
