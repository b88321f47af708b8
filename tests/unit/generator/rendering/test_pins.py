"""`wfgen pins`.

What stands behind each action, where it is used, and newer ones from a file or from
GitHub's API.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generator.cli import main
from generator.config.settings import load
from generator.errors import SettingsError, WfgenError
from generator.rendering.pin_updates import GitHubApi
from generator.rendering.pins import (
    OVERRIDES,
    PinBook,
    format_pins,
    load_built_in,
    load_pins,
    parse_pins,
)
from generator.rendering.render import render_all

NEW, TAG = "a" * 40, "b" * 40
Answer = tuple[int, object, dict[str, str]]


class Server:
    """A GitHub API on loopback: answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Authorization", "")))
                waiting = outer.answers.get(
                    self.path, [(404, {"message": "Not Found"}, {})]
                )
                status, body, headers = (
                    waiting.pop(0) if len(waiting) > 1 else waiting[0]
                )
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {
                    "Content-Length": str(len(content)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(
        self, path: str, body: object, status: int = 200, **headers: str
    ) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, body, named))

    def release(
        self, action: str, tag: str, commit: str = NEW, *, annotated: bool = False
    ) -> None:
        self.answer(f"/repos/{action}/releases/latest", {"tag_name": tag})
        target = (
            {"type": "tag", "sha": TAG}
            if annotated
            else {"type": "commit", "sha": commit}
        )
        self.answer(f"/repos/{action}/git/ref/tags/{tag}", {"object": target})
        self.answer(
            f"/repos/{action}/git/tags/{TAG}",
            {"object": {"type": "commit", "sha": commit}},
        )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    running = Server()
    monkeypatch.setenv("GITHUB_API_URL", running.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield running
    running.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "cache"))
    return root


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def api(server: Server, token: str = "") -> GitHubApi:
    return GitHubApi(server.url, token, pause_seconds=0)


def all_released(server: Server, tag: str = "v99.0.0") -> None:
    for action in load_built_in():
        server.release(action, tag)


def test_the_built_in_list_is_as_it_would_be_written() -> None:
    file = Path(__file__).parents[4] / "generator" / "rendering" / "pins.json"
    assert format_pins(load_built_in()) == file.read_text(encoding="utf-8")


def test_pins_are_shown_with_every_place_that_uses_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wfgen("render")
    (here / ".github/workflows/other.yml").write_text(
        "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - uses: 'some/action/part@main' # x\n",
        encoding="utf-8",
    )
    capsys.readouterr()
    assert wfgen("pins") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "actions/checkout           v7.0.1   3d3c42e5aac5" in lines
    assert "  .github/workflows/other.yml:4  at v4" in lines
    assert lines[-2:] == [
        "some/action                not pinned by wfgen",
        "  .github/workflows/other.yml:5  at main",
    ]
    assert max(map(len, lines)) <= 80
    assert wfgen("pins", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    checkout = next(
        item for item in document["pins"] if item["action"] == "actions/checkout"
    )
    assert checkout["source"] == "wfgen"
    assert {"path": ".github/workflows/other.yml", "line": 4, "ref": "v4"} in checkout[
        "uses"
    ]


def test_an_update_goes_into_the_repository_and_from_there_into_the_workflow(
    here: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = (
        Path(__file__).parents[4] / "generator" / "rendering" / "pins.json"
    ).read_bytes()
    for action, pin in load_built_in().items():
        server.release(action, pin.version, pin.commit)
    server.answers.pop("/repos/actions/checkout/releases/latest")
    server.release("actions/checkout", "v7.1.0", annotated=True)
    assert wfgen("pins", "--update", "--dry-run") == 0
    assert not (here / OVERRIDES).exists()
    assert wfgen("pins", "--update") == 0
    out = capsys.readouterr().out
    assert "actions/checkout           v7.0.1 -> v7.1.0\n" in out
    assert "actions/cache              v5.0.5  unchanged" in out
    assert json.loads((here / OVERRIDES).read_bytes()) == {
        "actions/checkout": {"version": "v7.1.0", "commit": NEW}
    }
    assert wfgen("render") == 0
    workflow = (here / ".github/workflows/train.yml").read_text(encoding="utf-8")
    assert f"uses: actions/checkout@{NEW} # v7.1.0\n" in workflow
    assert "actions/cache" in load_pins(here)
    assert (
        Path(__file__).parents[4] / "generator" / "rendering" / "pins.json"
    ).read_bytes() == installed
    capsys.readouterr()
    assert wfgen("pins") == 0
    assert (
        f"actions/checkout           v7.1.0   {NEW[:12]}  ({OVERRIDES})"
        in capsys.readouterr().out
    )


def test_what_is_as_in_the_built_in_list_again_leaves_no_file(
    here: Path, server: Server
) -> None:
    all_released(server)
    assert wfgen("pins", "--update") == 0
    assert len(json.loads((here / OVERRIDES).read_bytes())) == len(load_built_in())
    server.answers.clear()
    for action, pin in load_built_in().items():
        server.release(action, pin.version, pin.commit)
    assert wfgen("pins", "--update") == 0
    assert not (here / OVERRIDES).exists()


def test_a_new_major_and_a_moved_tag_are_named(
    here: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    all_released(server)
    server.answers.pop("/repos/actions/cache/releases/latest")
    server.release("actions/cache", load_built_in()["actions/cache"].version)
    assert wfgen("pins", "--update", "--to", "all.json") == 0
    out = capsys.readouterr().out
    assert (
        "actions/checkout           v7.0.1 -> v99.0.0  (new major: read its notes)"
        in out
    )
    assert "actions/cache              v5.0.5 -> v5.0.5  (the tag was moved)" in out
    assert max(map(len, out.splitlines())) <= 80
    assert set(parse_pins((here / "all.json").read_bytes(), "x")) == set(
        load_built_in()
    )
    assert not (here / OVERRIDES).exists()


def test_a_file_takes_the_place_of_the_api(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {"my/action": {"version": "v1", "commit": NEW}}
    (here / "new.json").write_text(json.dumps(listed), encoding="utf-8")
    assert wfgen("pins", "--update", "--from", "new.json") == 0
    assert "my/action                  v1  (new)" in capsys.readouterr().out
    assert json.loads((here / OVERRIDES).read_bytes()) == listed
    assert PinBook(here)("my/action", "/part") == f"my/action/part@{NEW} # v1"
    with pytest.raises(ValueError, match="no pin of no/such"):
        PinBook(here)("no/such")


def test_the_token_is_sent_to_the_api_alone(server: Server) -> None:
    elsewhere = Server()
    try:
        elsewhere.answer("/x", {"tag_name": "v1"})
        server.answer(
            "/repos/a/b/releases/latest", {}, 302, Location=f"{elsewhere.url}/x"
        )
        server.answer(
            "/repos/a/b/git/ref/tags/v1", {"object": {"type": "commit", "sha": NEW}}
        )
        assert api(server, "secret").fetch_newest("a/b").commit == NEW
        assert [token for _, token in server.asked] == [
            "Bearer secret",
            "Bearer secret",
        ]
        assert elsewhere.asked == [("/x", "")]
    finally:
        elsewhere.close()


def test_trouble_of_the_server_is_tried_again(server: Server) -> None:
    server.answer("/repos/a/b/releases/latest", {}, 502)
    server.release("a/b", "v1")
    assert api(server).fetch_newest("a/b").version == "v1"


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (401, {}, {}, "does not accept the token"),
        (403, {}, {"X_RateLimit_Remaining": "0"}, "rate limit"),
        (403, {}, {}, "status 403"),
        (429, {}, {}, "rate limit"),
        (404, {}, {}, "a/b has no release"),
        (500, {}, {}, "status 500"),
        (200, b"<html>", {}, "not JSON"),
        (200, [], {}, "not JSON"),
        (200, {}, {}, "a/b has no release"),
        (200, {"tag_name": "odd"}, {}, "does not lead to a commit"),
        (200, {"tag_name": "loop"}, {}, "does not lead to a commit"),
        (200, {"tag_name": "short"}, {}, "not 40 hex digits"),
        (200, {"tag_name": "v1%20x"}, {}, "a/b has no release"),
    ],
)
def test_an_answer_that_is_none_is_a_sentence(
    status: int, body: object, headers: dict[str, str], said: str, server: Server
) -> None:
    server.answer("/repos/a/b/releases/latest", body, status, **headers)
    server.answer(
        "/repos/a/b/git/ref/tags/odd", {"object": {"type": "tree", "sha": NEW}}
    )
    server.answer(
        "/repos/a/b/git/ref/tags/loop", {"object": {"type": "tag", "sha": TAG}}
    )
    server.answer(f"/repos/a/b/git/tags/{TAG}", {"object": {"type": "tag", "sha": TAG}})
    server.answer(
        "/repos/a/b/git/ref/tags/short", {"object": {"type": "commit", "sha": "abc"}}
    )
    with pytest.raises(WfgenError, match=said) as caught:
        api(server).fetch_newest("a/b")
    assert "\n" not in caught.value.message


def test_nothing_is_written_unless_all_answers_came(
    here: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    all_released(server)
    server.answers.pop("/repos/actions/upload-artifact/releases/latest")
    assert wfgen("pins", "--update") == 3
    assert "actions/upload-artifact has no release" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_an_api_that_cannot_be_reached_is_a_sentence(server: Server) -> None:
    url = server.url
    server.close()
    try:
        with pytest.raises(
            WfgenError, match=r"127\.0\.0\.1 cannot be reached: Connection refused"
        ) as caught:
            GitHubApi(url, "", pause_seconds=0).fetch_newest("a/b")
        assert "--from FILE" in caught.value.hint
    finally:
        server.close = lambda: None  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "url", ["http://example.com", "file:///etc/passwd", "nonsense"]
)
def test_an_address_without_encryption_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        GitHubApi(url, "t")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[]", "must be an object"),
        (
            '{"checkout": {"version": "v1", "commit": "' + NEW + '"}}',
            "is not an action",
        ),
        ('{"../x/y": {"version": "v1", "commit": "' + NEW + '"}}', "is not an action"),
        ('{"a/b": {"version": "v1"}}', "needs `version` and `commit`"),
        ('{"a/b": {"version": "v1\\n", "commit": "' + NEW + '"}}', "is no tag"),
        ('{"a/b": {"version": "v1", "commit": "main"}}', "not 40 hex digits"),
        ('{"a/b": {"version": 1, "commit": 2}}', "is no tag"),
    ],
)
def test_a_list_that_is_none_is_a_sentence_wherever_it_is_read(
    text: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".github").mkdir()
    (here / OVERRIDES).write_text(text, encoding="utf-8")
    (here / "list.json").write_text(text, encoding="utf-8")
    for words in (["pins"], ["render"], ["pins", "--update", "--from", "list.json"]):
        assert wfgen(*words) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(SettingsError):
        render_all(load(here, {}), here)


@pytest.mark.parametrize(
    "words",
    [
        ["--from", "x.json"],
        ["--dry-run"],
        ["--to", "y"],
        ["--update", "--json"],
        ["--update", "--from", "no"],
    ],
)
def test_bad_input_is_a_usage_error(
    words: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "x.json").write_text("{}", encoding="utf-8")
    assert wfgen("pins", *words) == 2
    assert "Error: " in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_a_line(
    here: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    all_released(server)
    (here / ".github").write_text("a file", encoding="utf-8")
    assert wfgen("pins", "--update") == 2
    assert "cannot be written" in capsys.readouterr().err
