"""The real Kaggle client against a server on loopback that misbehaves as Kaggle and networks do."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kagglesdk import kaggle_env

USER, KEY = "somebody", "0123456789abcdef-the-key"


@dataclass
class Plan:
    """What the server has and how it behaves; each fault is used up from the front."""

    url: str = ""
    version: int = 1
    archive: bytes = b""
    tokens: dict[str, str] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    download_faults: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    on_download: Callable[[], None] = lambda: None

    def called(self, part: str) -> int:
        return sum(part in path for path, _, _ in self.calls)

    def give(self, rows: int) -> None:
        """One table of so many rows."""
        self.archive = self.zipped({"rows.csv": self.rows(rows)})

    @staticmethod
    def zipped(members: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", method) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return sink.getvalue()

    @staticmethod
    def rows(count: int) -> str:
        return "x,colour,y\n" + "".join(
            f"{i % 17},{'rgb'[i % 3]},{int(i % 5 > 2)}\n" for i in range(count)
        )


class Kaggle(BaseHTTPRequestHandler):
    """As much of the API as the client needs.

    Version, download by redirect with ranges, list of files.
    """

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
        elif self.path.endswith("/IntrospectToken"):
            name = self.plan.tokens.get(json.loads(body)["token"])
            self._json(200, {"active": name is not None, "username": name or ""})
        elif self.path.endswith("/ListDataFiles"):
            self._json(
                200,
                {"files": [{"name": "rows.csv", "totalBytes": len(self.plan.archive)}]},
            )
        else:
            self.send_response(302)
            self.send_header("Location", f"/blob/{self.plan.version}.zip")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        self.plan.calls.append((self.path, dict(self.headers.items()), b""))
        self.plan.on_download()
        if self.plan.download_faults and self._misbehaves(
            self.plan.download_faults.pop(0)
        ):
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
            self._json(
                fault["status"],
                {"code": fault["status"], "message": "no"},
                fault.get("headers", {}),
            )
            return True
        if "cut" in fault:
            self._blob(self.plan.archive, fault["cut"])
            self.close_connection = True
            return True
        return False

    def _json(
        self, status: int, answer: object, headers: dict[str, str] | None = None
    ) -> None:
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


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Plan]:
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (Kaggle,), {"plan": Plan()})
    )
    made: Plan = server.RequestHandlerClass.plan  # type: ignore[attr-defined]  # set in the line before
    made.give(300)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    monkeypatch.setitem(
        kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, made.url
    )
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
