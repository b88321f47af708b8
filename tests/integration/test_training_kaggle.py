"""The real Kaggle client against a server on loopback that misbehaves as Kaggle and networks do."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kagglesdk import kaggle_env

from pipeline.errors import (
    BadDownloadError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    PipelineError,
    RateLimitedError,
    SettingsError,
    SourceError,
    UnavailableError,
)
from pipeline.run import update
from pipeline.settings import load

USER, KEY = "somebody", "0123456789abcdef-the-key"


@dataclass
class Plan:
    """What the server has and how it behaves; each fault is used up from the front."""

    version: int = 1
    archive: bytes = b""
    faults: list[dict[str, Any]] = field(default_factory=list)
    download_faults: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def called(self, part: str) -> int:
        return sum(part in path for path, _, _ in self.calls)


class Kaggle(BaseHTTPRequestHandler):
    """As much of the API as the client needs: version, download by redirect with ranges, list of files."""

    plan: Plan

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.plan.calls.append((self.path, dict(self.headers.items()), body))
        if self.plan.faults and self._misbehaves(self.plan.faults.pop(0)):
            return
        if self.path.endswith("/GetDataset"):
            self._json(200, {"currentVersionNumber": self.plan.version})
        elif self.path.endswith("/ListDataFiles"):
            self._json(200, {"files": [{"name": "rows.csv", "totalBytes": len(self.plan.archive)}]})
        else:
            self.send_response(302)
            self.send_header("Location", f"/blob/{self.plan.version}.zip")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        self.plan.calls.append((self.path, dict(self.headers.items()), b""))
        if self.plan.download_faults and self._misbehaves(self.plan.download_faults.pop(0)):
            return
        self._blob(self.plan.archive, len(self.plan.archive))

    def _blob(self, content: bytes, cut: int) -> None:
        first = 0
        if (wanted := self.headers.get("Range")) is not None:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if first else 200)
        self.send_header("Content-Type", "application/zip")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{self.plan.version}"')
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        self.wfile.write(content[first:cut])

    def _misbehaves(self, fault: dict[str, Any]) -> bool:
        if "hang" in fault:
            time.sleep(fault["hang"])
        if "status" in fault:
            self._json(fault["status"], {"code": fault["status"], "message": "no"}, fault.get("headers", {}))
            return True
        if "cut" in fault:
            self._blob(self.plan.archive, fault["cut"])
            self.close_connection = True
            return True
        return False

    def _json(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except BrokenPipeError:
            # The client gave up waiting: that is what is tested.
            self.close_connection = True


def zipped(members: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return sink.getvalue()


def rows(count: int) -> str:
    return "x,colour,y\n" + "".join(f"{i % 17},{'rgb'[i % 3]},{int(i % 5 > 2)}\n" for i in range(count))


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Plan]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Kaggle,), {"plan": Plan()}))
    made: Plan = server.RequestHandlerClass.plan  # type: ignore[attr-defined]  # set in the line before
    made.archive = zipped({"rows.csv": rows(300)})
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    monkeypatch.setitem(
        kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, f"http://127.0.0.1:{server.server_address[1]}"
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def train(root: Path, source: str = "kaggle:somebody/rows", retries: int = 2, **flags: object) -> dict[str, Any]:
    root.mkdir(exist_ok=True)
    environment = {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}
    given = {"source": source, "target": "y", "batch_rows": 100, "iterations": 10, "models": "sgd"}
    given |= {"kaggle_retries": retries, "kaggle_backoff_seconds": 0.01, "kaggle_timeout_seconds": 2, **flags}
    update(root, load(root, {}, given), environment)
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def state(root: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for folder in ("model", "data")
        for path in sorted((root / "runtime" / folder).glob("*"))
    }


def test_a_dataset_is_downloaded_and_learnt_and_the_next_run_only_asks_for_its_version(
    plan: Plan, tmp_path: Path
) -> None:
    assert train(tmp_path / "r")["rows_total"] == 300
    calls = len(plan.calls)
    assert train(tmp_path / "r")["status"] == "nothing-new"
    assert [path.rsplit("/", 1)[-1] for path, _, _ in plan.calls[calls:]] == ["GetDataset"]


def test_a_new_version_goes_on_behind_the_rows_that_were_learnt(plan: Plan, tmp_path: Path) -> None:
    train(tmp_path / "r")
    plan.version, plan.archive = 2, zipped({"rows.csv": rows(450)})
    summary = train(tmp_path / "r")
    assert (summary["rows_this_run"], summary["rows_total"]) == (150, 450)
    assert b'"datasetVersionNumber": 2' in next(body for path, _, body in reversed(plan.calls) if "Download" in path)


def test_a_competition_is_known_by_its_list_of_files(plan: Plan, tmp_path: Path) -> None:
    assert train(tmp_path / "r", "kaggle:competitions/race")["rows_total"] == 300
    assert train(tmp_path / "r", "kaggle:competitions/race")["status"] == "nothing-new"
    assert plan.called("DownloadDataFiles") == 1


def test_a_cut_download_goes_on_where_it_stopped(plan: Plan, tmp_path: Path) -> None:
    # The client writes in pieces of 1 MiB and keeps whole ones.
    plan.archive = zipped({"rows.csv": rows(400_000)}, zipfile.ZIP_STORED)
    plan.download_faults = [{"cut": 2_500_000}]
    assert train(tmp_path / "r")["rows_total"] == 1000
    ranges = [headers.get("Range") for path, headers, _ in plan.calls if path.startswith("/blob")]
    assert f"bytes={2 << 20}-" in ranges


@pytest.mark.parametrize(("status", "expected"), [(401, CredentialsError), (403, ForbiddenError), (404, NotFoundError)])
def test_what_will_not_change_is_not_tried_again(
    plan: Plan, tmp_path: Path, status: int, expected: type[PipelineError]
) -> None:
    train(tmp_path / "r")
    before, calls = state(tmp_path / "r"), len(plan.calls)
    plan.faults = [{"status": status}]
    with pytest.raises(expected) as caught:
        train(tmp_path / "r")
    assert len(plan.calls) == calls + 1
    assert caught.value.hint
    assert state(tmp_path / "r") == before


def test_429_waits_as_long_as_the_server_says(plan: Plan, tmp_path: Path) -> None:
    plan.faults = [{"status": 429, "headers": {"Retry-After": "1"}}]
    begun = time.monotonic()
    assert train(tmp_path / "r")["rows_total"] == 300
    assert time.monotonic() - begun >= 1


def test_429_that_asks_for_an_hour_gives_up_at_once_and_says_so(plan: Plan, tmp_path: Path) -> None:
    plan.faults = [{"status": 429, "headers": {"Retry-After": "3600"}}]
    with pytest.raises(RateLimitedError) as caught:
        train(tmp_path / "r")
    assert "3600" in caught.value.hint


def test_500_twice_and_then_good_is_good(plan: Plan, tmp_path: Path) -> None:
    plan.faults = [{"status": 500}, {"status": 503}]
    assert train(tmp_path / "r")["rows_total"] == 300


def test_500_without_end_fails_and_leaves_the_state(plan: Plan, tmp_path: Path) -> None:
    train(tmp_path / "r")
    before = state(tmp_path / "r")
    plan.faults = [{"status": 500}] * 9
    with pytest.raises(UnavailableError, match="500"):
        train(tmp_path / "r")
    assert state(tmp_path / "r") == before
    assert json.loads((tmp_path / "r/runtime/logs/summary.json").read_text())["status"] == "failed"


def test_a_server_that_hangs_is_given_up(plan: Plan, tmp_path: Path) -> None:
    plan.faults = [{"hang": 0.6}, {"hang": 0.6}]
    with pytest.raises(UnavailableError, match="in time"):
        train(tmp_path / "r", retries=1, kaggle_timeout_seconds=0.2)


def test_a_server_that_is_not_there(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan.version
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        train(tmp_path / "r")


def test_a_truncated_archive_is_refused_and_fetched_anew_by_the_next_run(plan: Plan, tmp_path: Path) -> None:
    good = plan.archive
    plan.archive = good[:-40]
    with pytest.raises(BadDownloadError, match="not a whole zip"):
        train(tmp_path / "r")
    plan.archive = good
    assert train(tmp_path / "r")["rows_total"] == 300


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv", "C:evil.csv"])
def test_a_hostile_archive_is_refused(plan: Plan, tmp_path: Path, name: str) -> None:
    plan.archive = zipped({"rows.csv": rows(10), name: rows(10)})
    with pytest.raises(BadDownloadError, match="outside"):
        train(tmp_path / "r")
    assert not list(tmp_path.rglob("evil.csv"))


def test_an_archive_that_expands_absurdly_is_refused(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.places.LEAST_BOMB", 1 << 20)
    plan.archive = zipped({"rows.csv": "x,y\n" + "0,0\n" * 1_000_000})
    with pytest.raises(BadDownloadError, match="unpacks"):
        train(tmp_path / "r")


@pytest.mark.parametrize("environment", [{}, {"KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}, {"KAGGLE_USERNAME": "me"}])
def test_without_credentials_nothing_is_asked(plan: Plan, tmp_path: Path, environment: dict[str, str]) -> None:
    settings = load(tmp_path, {}, {"source": "kaggle:a/b", "target": "y"})
    with pytest.raises(CredentialsError) as caught:
        update(tmp_path, settings, environment)
    assert "KAGGLE" in caught.value.hint
    assert not plan.calls


def test_one_table_of_several_is_chosen_by_name(plan: Plan, tmp_path: Path) -> None:
    plan.archive = zipped({"rows.csv": rows(120), "other.csv": "a,b\n1,2\n"})
    assert train(tmp_path / "r", "kaggle:somebody/rows/rows.csv")["rows_total"] == 120
    with pytest.raises(SourceError, match=r"rows\.csv"):
        train(tmp_path / "s", "kaggle:somebody/rows/absent.csv")


@pytest.mark.parametrize("source", ["kaggle:", "kaggle:alone", "kaggle:a/../b", "kaggle:a b/c", "kaggle:-x/y"])
def test_a_name_that_cannot_be_is_refused_at_once(plan: Plan, tmp_path: Path, source: str) -> None:
    with pytest.raises(SettingsError):
        train(tmp_path / "r", source)
    assert not plan.calls


def test_the_key_is_nowhere_below_the_root(plan: Plan, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    train(tmp_path / "r")
    plan.faults = [{"status": 500}] * 9
    with pytest.raises(UnavailableError):
        train(tmp_path / "r")
    assert all(KEY.encode() not in path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file())
    assert KEY not in "".join(capfd.readouterr())
