"""Webhooks are sent to this machine alone, and signed as GitHub signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin

SECRET = "s3cret"


class Receiver(HTTPServer):
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeper)
        self.received: list[tuple[dict[str, str], bytes]] = []


class Keeper(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        names = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((names, data))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b"taken")

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as the base has it
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_webhook_is_signed_and_what_became_of_it_is_told(
    receiver: Receiver, local_github: LocalGitHub, begin: Begin
) -> None:
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}
    run = begin()
    address = f"http://127.0.0.1:{receiver.server_port}/hook?x=1"
    config = {"url": address, "content_type": "json", "secret": SECRET}
    hook = run.rest("POST", "hooks", {"config": config}, **owner).json
    assert hook["config"]["secret"] == "********"
    headers, data = receiver.received[0]
    assert headers["x-github-event"] == "ping"
    assert json.loads(data)["hook_id"] == hook["id"]
    signature = hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={signature}"

    path = f"hooks/{hook['id']}/deliveries"
    sent = run.rest("GET", path, **owner).json[0]
    assert (sent["event"], sent["status"], sent["status_code"]) == ("ping", "OK", 202)
    again = run.rest("POST", f"{path}/{sent['id']}/attempts", {}, **owner)
    assert again.status == 202
    assert receiver.received[1] == receiver.received[0]
    shown = run.rest("GET", f"{path}/{sent['id']}", **owner).json
    assert shown["response"]["payload"] == "taken"
    assert SECRET not in json.dumps(shown)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org:80/",
        "https://127.0.0.1:80/",
        "http://127.0.0.1/",
        "http://127.0.0.1.example.org:80/",
        "http://127.0.0.1:80@example.org/",
        "http://[::1:80/",
        "file:///etc/passwd",
        "http://localhost:x/",
    ],
)
def test_no_webhook_leaves_this_machine(
    address: str, local_github: LocalGitHub, begin: Begin
) -> None:
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}
    body = {"config": {"url": address}}
    assert begin().rest("POST", "hooks", body, **owner).status == 422
