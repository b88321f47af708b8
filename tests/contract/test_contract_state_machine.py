"""Any history of calls: nothing is seen too early, too late, or by whom it is not for."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from generator.github.core.clock import SteerableClock
from generator.github.core.rate_limits import Limits
from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.clients import Client

MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(["model-state", "data-state", "training-logs"])
BRANCHES = st.sampled_from(["main", "dev"])
KEYS = st.sampled_from(["pip-1", "pip-2", "npm-1"])
DATA = st.binary(min_size=1, max_size=200)
# Ends what a history builds on. More often, and nothing would grow old enough to be read.
SELDOM = st.sampled_from([False, False, False, False, True])
READERS = st.sampled_from(["read", "none"])


class ExpectedArtifact:
    """What an artifact ought to be."""

    def __init__(
        self, run_id: int, attempt: int, name: str, expires_at: datetime
    ) -> None:
        self.run_id = run_id
        self.attempt = attempt
        self.name = name
        self.expires_at = expires_at
        self.url = ""
        self.data: bytes | None = None
        self.id: int | None = None
        self.deleted = False


class LocalGitHubMachine(RuleBasedStateMachine):
    """Runs, artifacts, clock, tokens and caches against a model of plain lists."""

    begin_run: Callable[..., Client]
    runs = Bundle("runs")
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: this is about order, not about disks.
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.clock = SteerableClock(START, frozen=True)
        self.local_github = self._open()
        self.open_runs: dict[int, Any] = {}
        self.artifacts: list[ExpectedArtifact] = []
        self.caches: dict[tuple[str, str], tuple[bytes, datetime]] = {}

    def _open(self) -> LocalGitHub:
        limits = Limits(calls_an_hour=None, points_a_minute=None)
        return LocalGitHub.open(
            self.folder, clock=self.clock, limits=limits
        ).__enter__()

    def teardown(self) -> None:
        self.local_github.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    @initialize()
    def readers(self) -> None:
        self._new_readers()

    def _new_readers(self) -> None:
        begin = type(self).begin_run
        self.may_read = begin(self.local_github, permissions={"actions": "write"})
        self.may_not = begin(self.local_github, permissions={"contents": "write"})
        for run in (self.may_read, self.may_not):
            self.open_runs[run.run_id] = run

    @rule(target=runs, branch=BRANCHES)
    def begin(self, branch: str) -> Client:
        run = type(self).begin_run(self.local_github, head_branch=branch)
        self.open_runs[run.run_id] = run
        return run

    @rule(run=runs, sure=SELDOM)
    def finish(self, run: Client, sure: bool) -> None:
        if sure and run.run_id in self.open_runs and self.open_runs[run.run_id] is run:
            self.local_github.finish_run(run.run_id, "success")
            del self.open_runs[run.run_id]

    @rule(target=runs, run=runs)
    def run_again(self, run: Client) -> Client:
        if run.run_id in self.open_runs:
            return run
        attempt = self._rerun(run)
        self.open_runs[run.run_id] = attempt
        return attempt

    def _rerun(self, run: Client) -> Client:
        if run.local_github is self.local_github:
            return run.rerun()
        # It began before the server was started again, at another address.
        ticket = self.local_github.begin_attempt(run.run_id, {"actions": "write"})
        return type(run)(self.local_github, ticket)

    def _is_open(self, run: Client) -> bool:
        return self.open_runs.get(run.run_id) is run

    @rule(target=uploads, run=runs, name=NAMES, days=st.integers(1, 120))
    def create(self, run: Client, name: str, days: int) -> Any:  # noqa: ANN401 - an ExpectedArtifact, or what adds nothing
        model = self._create(run, name, days)
        return multiple() if model is None else model

    @rule(target=uploads, run=runs, name=NAMES, days=st.integers(1, 120), data=DATA)
    def upload_at_once(self, run: Client, name: str, days: int, data: bytes) -> Any:  # noqa: ANN401 - as above
        model = self._create(run, name, days)
        if model is None:
            return multiple()
        self.put(model, data)
        self.finalize(model, wrong=False)
        assert model.id is not None
        return model

    def _create(self, run: Client, name: str, days: int) -> ExpectedArtifact | None:
        if run.local_github is not self.local_github:
            return None
        ends = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        answer = run.twirp("CreateArtifact", name=name, expires_at=ends)
        if not self._is_open(run):
            assert answer.status == 401
            return None
        attempt = run.ticket.run.attempt
        if self._has_artifact(run, name):
            assert answer.status == 409
            return None
        assert answer.status == 200
        model = ExpectedArtifact(
            run.run_id, attempt, name, self.clock.now() + timedelta(days=min(days, 90))
        )
        model.url = answer.json["signed_upload_url"]
        self.artifacts.append(model)
        return model

    def _has_artifact(self, run: Client, name: str) -> bool:
        """Whether the run's attempt has an artifact of a name, finished or not."""
        taken = (run.run_id, run.ticket.run.attempt, name)
        for artifact in self.artifacts:
            key = (artifact.run_id, artifact.attempt, artifact.name)
            if key == taken and not artifact.deleted:
                return True
        return False

    @rule(upload=uploads, data=DATA)
    def put(self, upload: ExpectedArtifact, data: bytes) -> None:
        if not upload.url.startswith(self.local_github.url):
            return
        run = self.open_runs.get(upload.run_id)
        if (
            upload.id is not None
            or run is None
            or run.ticket.run.attempt != upload.attempt
        ):
            assert self.may_read.put_blocks_status(upload.url, data) == 409
            return
        half = len(data) // 2
        assert (
            self.may_read.put_blocks(
                upload.url, {"b": data[half:], "a": data[:half]}, ["a", "b"]
            ).status
            == 201
        )
        upload.data = data

    @rule(upload=uploads, wrong=st.booleans())
    def finalize(self, upload: ExpectedArtifact, wrong: bool) -> None:
        if upload.id is not None:
            return
        run = self.open_runs.get(upload.run_id)
        if run is None or run.ticket.run.attempt != upload.attempt:
            return
        size = len(upload.data or b"") + wrong
        answer = run.twirp("FinalizeArtifact", name=upload.name, size=str(size))
        if upload.data is None or wrong:
            assert answer.status in (400, 412)
            return
        assert answer.status == 200
        upload.id = int(answer.json["artifact_id"])

    @rule(upload=uploads)
    def delete(self, upload: ExpectedArtifact) -> None:
        if upload.id is None or upload.deleted:
            return
        assert (
            self.may_not.rest("DELETE", f"actions/artifacts/{upload.id}").status == 403
        )
        assert (
            self.may_read.rest("DELETE", f"actions/artifacts/{upload.id}").status == 204
        )
        upload.deleted = True

    @rule(hours=st.sampled_from([1, 25, 24 * 8, 24 * 60]))
    def time_goes_by(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule(upload=uploads, reader=READERS)
    def download(self, upload: ExpectedArtifact, reader: str) -> None:
        if upload.id is None:
            return
        client = self.may_read if reader == "read" else self.may_not
        answer = client.download(upload.id)
        if reader == "none":
            assert answer.status == 403
        elif upload.deleted:
            assert answer.status == 404
        elif upload.expires_at <= self.clock.now():
            assert answer.status == 410
        else:
            assert (answer.status, answer.body) == (200, upload.data)

    @rule(run=runs, key=KEYS, data=DATA)
    def save_cache(self, run: Client, key: str, data: bytes) -> None:
        if not self._is_open(run):
            return
        self._forget_idle_caches()
        name = (run.ticket.run.head_branch, key)
        answer = run.save_cache(key, data)
        assert answer.status == (409 if name in self.caches else 200)
        self.caches.setdefault(name, (data, self.clock.now()))

    @rule(run=runs, key=KEYS)
    def find_cache(self, run: Client, key: str) -> None:
        if not self._is_open(run):
            return
        self._forget_idle_caches()
        restored = run.find_cache(key)
        branches = dict.fromkeys([run.ticket.run.head_branch, "main"])
        name = next(
            ((branch, key) for branch in branches if (branch, key) in self.caches), None
        )
        if name is None:
            assert restored is None
            return
        assert restored == (key, self.caches[name][0])
        self.caches[name] = (self.caches[name][0], self.clock.now())

    def _forget_idle_caches(self) -> None:
        oldest = self.clock.now() - timedelta(days=7)
        self.caches = {
            name: cache for name, cache in self.caches.items() if cache[1] > oldest
        }

    @precondition(lambda self: self.artifacts)
    @rule(sure=SELDOM)
    def the_server_is_started_again(self, sure: bool) -> None:
        if not sure:
            return
        before = self.may_read
        self.local_github.__exit__(None, None, None)
        self.local_github = self._open()
        for run_id in self.open_runs:
            self.local_github.finish_run(run_id, "cancelled")
        self.open_runs.clear()
        self._new_readers()
        assert (
            before.ask(
                "GET", f"{self.local_github.url}/repos/local/repository/actions/runs"
            ).status
            == 404
        )

    @invariant()
    def lists_show_what_is_finished_and_nothing_else(self) -> None:
        if not self.open_runs:
            return
        listed = self.may_read.rest("GET", "actions/artifacts?per_page=100").json
        expected = []
        for artifact in self.artifacts:
            if artifact.id is None or artifact.deleted:
                continue
            expired = artifact.expires_at <= self.clock.now()
            expected.append((artifact.id, artifact.name, expired))
        assert [
            (body["id"], body["name"], body["expired"]) for body in listed["artifacts"]
        ] == sorted(expected, reverse=True)

    @rule(run=runs)
    def a_run_sees_its_own_fresh_artifacts(self, run: Client) -> None:
        if not self._is_open(run):
            return
        listed = run.twirp("ListArtifacts").json["artifacts"]
        fresh = set()
        for artifact in self.artifacts:
            if artifact.run_id != run.run_id or not artifact.id or artifact.deleted:
                continue
            if artifact.expires_at > self.clock.now():
                fresh.add(artifact.id)
        assert {int(body["database_id"]) for body in listed} == fresh


@pytest.mark.timeout(280)
def test_any_history(begin_on: Callable[..., Client]) -> None:
    class Machine(LocalGitHubMachine):
        begin_run = staticmethod(begin_on)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=200,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.filter_too_much,
            ],
        ),
    )
