"""Sources behind URLs, over a real server.

What is fetched and what is not, what is noticed, and what stays secret.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import MissingLibraryError, SourceError, SourceRewrittenError
from pipeline.redaction import hide_credentials, scrub_text
from pipeline.sources.cursor import Cursor
from pipeline.sources.remote.source import open_url

ROOT = Path(__file__).parents[2]
PIECE = 1 << 16


@dataclass
class Site:
    """What the server has, how it behaves, and what it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    status: dict[str, int] = field(default_factory=dict)
    login: str = ""
    hang: float = 0.0
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    def forget(self) -> None:
        self.asked.clear()
        self.sent.clear()


class Handler(BaseHTTPRequestHandler):
    """Files with or without parts of them, and a page of links for what ends in a slash."""

    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        wanted = self.headers.get("Range") if self.site.ranges else None
        self.site.asked.append((self.command, self.path, self.headers.get("Range")))
        time.sleep(self.site.hang)
        if "." not in path and not path.endswith("/"):
            self.send_response(301)
            self.send_header("Location", path + "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = self._page(path) if path.endswith("/") else self.site.files.get(path)
        status = self.site.status.get(path, 200 if content is not None else 404)
        if self.site.login and self.headers.get("Authorization") != self.site.login:
            status = 401
        if status != 200 or content is None:
            self._send(status, b"", "text/plain")
            return
        first, last = 0, len(content) - 1
        if wanted is not None:
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(begin), min(int(end), last)
        kind = "text/html" if path.endswith("/") else "text/csv"
        self._send(206 if wanted else 200, content[first : last + 1], kind)

    def _page(self, path: str) -> bytes:
        inside = sorted(
            name.removeprefix(path).split("/")[0]
            for name in self.site.files
            if name.startswith(path)
        )
        links = "".join(
            f'<a href="{name}{"" if "." in name else "/"}">{name}</a>'
            for name in dict.fromkeys(inside)
        )
        return f'<a href="/">up</a><a href="?C=N">sorted</a>{links}'.encode()

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        sent = 0
        try:
            while self.command == "GET" and sent < len(content):
                sent += self.wfile.write(content[sent : sent + PIECE])
        except OSError:
            # The client had enough.
            self.close_connection = True
        self.site.sent.append(sent)


class Server(ThreadingHTTPServer):
    """A client that hangs up is no error here."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    server = Server(("127.0.0.1", 0), type("OneHandler", (Handler,), {"site": made}))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def rows(first: int, last: int, mark: str = "v") -> bytes:
    return "".join(
        f"{index},{mark}{index},{'x' * 80}\n" for index in range(first, last)
    ).encode()


HEADER = b"a,b,c\n"


def read_new_rows(
    source: str, cursor: Cursor | None, batch: int = 1000
) -> tuple[list[int], Cursor | None]:
    """Column a of the new rows, and the cursor behind them, read as one run does."""
    values: list[int] = []
    tables = open_url(source)
    if tables.has_new_rows(cursor):
        with tables.open_reader(cursor):
            pass
        with tables.open_reader(cursor) as reader:
            while (chunk := reader.read(batch, None, bool)) is not None:
                values += [int(value) for value in chunk.frame["a"]]
                cursor = chunk.cursor
    elif cursor is not None:
        cursor = tables.update_cursor(cursor)
    return values, cursor


def test_only_what_is_new_is_fetched_with_a_bounded_look_at_what_was_read(
    site: Site,
) -> None:
    site.files["/rows.csv"] = HEADER + rows(0, 100_000)
    values, cursor = read_new_rows(f"{site.url}/rows.csv", None)
    assert values == list(range(100_000))
    whole = len(site.files["/rows.csv"])
    assert whole <= sum(site.sent) < whole + 50_000
    spans = [
        wanted.removeprefix("bytes=").split("-")
        for _, _, wanted in site.asked
        if wanted
    ]
    assert max(int(last) - int(first) for first, last in spans) < 1 << 20, (
        "more than a block at once"
    )
    site.forget()
    assert read_new_rows(f"{site.url}/rows.csv", cursor) == ([], cursor)
    assert (len(site.asked), sum(site.sent) < 25_000) == (4, True)
    new = rows(100_000, 103_000)
    site.files["/rows.csv"] += new
    site.forget()
    assert read_new_rows(f"{site.url}/rows.csv", cursor)[0] == list(
        range(100_000, 103_000)
    )
    # 24 probes of what was read, of 8 KiB each, are the most there can be.
    assert len(new) <= sum(site.sent) < len(new) + 26 * 8192


def test_a_server_without_ranges_is_read_from_one_copy_a_run(site: Site) -> None:
    site.ranges = False
    site.files["/rows.csv"] = HEADER + rows(0, 3000)
    values, cursor = read_new_rows(f"{site.url}/rows.csv", None)
    assert values == list(range(3000))
    site.files["/rows.csv"] += rows(3000, 3500)
    site.forget()
    values, cursor = read_new_rows(f"{site.url}/rows.csv", cursor)
    assert values == list(range(3000, 3500))
    assert (
        len(
            [
                wanted
                for method, _, wanted in site.asked
                if method == "GET" and wanted is None
            ]
        )
        == 1
    )
    site.files["/rows.csv"] = HEADER + rows(0, 4000, "w")
    with pytest.raises(SourceRewrittenError):
        read_new_rows(f"{site.url}/rows.csv", cursor)


def test_nothing_new_is_known_without_the_whole_file_even_then(site: Site) -> None:
    site.ranges = False
    site.files["/rows.csv"] = HEADER + rows(0, 400_000)
    tables = open_url(f"{site.url}/rows.csv")
    with tables.open_reader(None) as reader:
        chunk = reader.read(400_000, None, bool)
    assert chunk is not None
    site.forget()
    assert not open_url(f"{site.url}/rows.csv").has_new_rows(chunk.cursor)
    # What is under way when the client hangs up lies in buffers.
    assert sum(site.sent) < len(site.files["/rows.csv"]) / 2


def packed(name: str, content: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    if name.endswith(".zip"):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rows.csv", content)
        return sink.getvalue()
    if name.endswith(".parquet"):
        import pandas as pd  # noqa: PLC0415  # only here

        sink = io.BytesIO()
        pd.read_csv(io.BytesIO(content)).to_parquet(sink)
        return sink.getvalue()
    return content


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.zip", "t.parquet"])
def test_growth_goes_on_and_rewritten_history_is_noticed(
    site: Site, name: str, ranges: bool
) -> None:
    site.ranges = ranges
    source = f"{site.url}/{name}"
    site.files[f"/{name}"] = packed(name, HEADER + rows(0, 2500))
    values, cursor = read_new_rows(source, None)
    assert values == list(range(2500))
    assert read_new_rows(source, cursor) == ([], cursor)
    site.files[f"/{name}"] = packed(name, HEADER + rows(0, 2600))
    assert read_new_rows(source, cursor)[0] == list(range(2500, 2600))
    for rewritten in (HEADER + rows(0, 2600, "w"), HEADER + rows(1, 2700)):
        site.files[f"/{name}"] = packed(name, rewritten)
        with pytest.raises(SourceRewrittenError, match=name):
            read_new_rows(source, cursor)


@pytest.mark.parametrize("pattern", ["/d/", "/d/part-*.csv", "/d/part-*"])
def test_folders_and_globs_go_by_the_page_of_links(site: Site, pattern: str) -> None:
    site.files = {
        "/d/part-2.csv": HEADER + rows(0, 5),
        "/d/part-10.csv": HEADER + rows(5, 9),
        "/d/part-3.md": b"no",
    }
    site.files |= {"/else/part-1.csv": HEADER + rows(90, 99)}
    values, cursor = read_new_rows(site.url + pattern, None)
    assert values == list(range(9))
    site.files["/d/part-11.csv"] = HEADER + rows(9, 12)
    assert read_new_rows(site.url + pattern, cursor)[0] == [9, 10, 11]


def test_a_folder_holds_what_lies_below_it(site: Site) -> None:
    site.files = {"/d/1/a.csv": HEADER + rows(0, 5), "/d/2/b.csv": HEADER + rows(5, 9)}
    assert read_new_rows(f"{site.url}/d/", None)[0] == list(range(9))


def test_a_file_that_gets_shorter_while_it_is_read_is_no_end(site: Site) -> None:
    site.files["/rows.csv"] = HEADER + rows(0, 50_000)
    tables = open_url(f"{site.url}/rows.csv")
    with tables.open_reader(None) as reader:
        assert reader.read(10, None, bool) is not None
        site.files["/rows.csv"] = site.files["/rows.csv"][:2_000_000]
        with pytest.raises(SourceError, match="shorter"):
            reader.read(40_000, None, bool)


def test_a_server_that_breaks_off_is_one_line(site: Site) -> None:
    site.files["/rows.csv"] = HEADER + rows(0, 50_000)
    with open_url(f"{site.url}/rows.csv").open_reader(None) as reader:
        assert reader.read(10, None, bool) is not None
        site.status["/rows.csv"] = 503
        with pytest.raises(SourceError, match=r"the server answers 503"):
            reader.read(40_000, None, bool)


def test_memory_and_chained_urls(site: Site, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/here/rows-1.csv", HEADER + rows(0, 5))
    memory.pipe("/here/rows-2.csv", HEADER + rows(5, 9))
    assert read_new_rows("memory://here/*.csv", None)[0] == list(range(9))
    values, cursor = read_new_rows("memory://here", None)
    memory.pipe("/here/rows-2.csv", HEADER + rows(5, 12))
    assert read_new_rows("memory://here", cursor)[0] == [9, 10, 11]
    assert values == list(range(9))
    archive = packed("t.zip", HEADER + rows(0, 2000))
    (tmp_path / "t.zip").write_bytes(archive)
    site.files["/t.zip"] = archive
    for source in (
        f"zip://rows.csv::file://{tmp_path}/t.zip",
        f"zip://*.csv::{site.url}/t.zip",
    ):
        values, cursor = read_new_rows(source, None, 700)
        assert values == list(range(2000))
        assert read_new_rows(source, cursor) == ([], cursor)
    site.files["/rows.csv"] = HEADER + rows(0, 20)
    assert read_new_rows(f"simplecache::{site.url}/rows.csv", None)[0] == list(
        range(20)
    )


@pytest.mark.parametrize(
    ("source", "library", "install"),
    [
        ("http://127.0.0.1/x.csv", "aiohttp", "pip install fsspec aiohttp"),
        ("s3://bucket/x.csv", "s3fs", "pip install fsspec s3fs"),
        ("zip://x.csv::gs://bucket/x.zip", "gcsfs", "pip install fsspec gcsfs"),
        ("s3://bucket/x.csv", "fsspec", "pip install fsspec s3fs"),
    ],
)
def test_a_missing_library_is_named_with_what_installs_it(
    source: str, library: str, install: str
) -> None:
    code = "import sys; sys.modules[{!r}] = None; "
    code += "sys.argv = ['pipeline', 'update', '--source', {!r}, '--target', 'y']; "
    code += "from pipeline.cli.fast_path import main; main()"
    argv = [sys.executable, "-c", code.format(library, source)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == MissingLibraryError.exit_code, done.stderr
    assert done.stderr.splitlines()[-1] == f"  hint: {install}"


@pytest.fixture
def pipeline(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(source: str) -> subprocess.CompletedProcess[str]:
        argv = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "wfgen_actions.pipeline",
            "update",
            "--target",
            "y",
            "--models",
            "sgd",
        ]
        environment = {
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
            "PIPELINE_SOURCE": source,
        }
        environment |= {
            "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"),
            "GITHUB_ACTIONS": "true",
        }
        return subprocess.run(
            argv,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


USER, WORD, TOKEN = "somebody", "the-pass-word", "the-t0ken"


def nowhere(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    """No secret is shown or kept."""
    left = "".join(
        path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()
    )
    for secret in (WORD, TOKEN, base64.b64encode(f"{USER}:{WORD}".encode()).decode()):
        assert secret not in done.stdout + done.stderr + left


def test_a_training_over_http_with_secrets_in_the_address(
    site: Site,
    tmp_path: Path,
    pipeline: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    site.login = "Basic " + base64.b64encode(f"{USER}:{WORD}".encode()).decode()
    table = "x,colour,y\n" + "".join(
        f"{i % 17},{'rgb'[i % 3]},{int(i % 5 > 2)}\n" for i in range(3000)
    )
    site.files["/rows.csv"] = table.encode()
    host = site.url.removeprefix("http://")
    done = pipeline(f"http://{USER}:{WORD}@{host}/rows.csv?token={TOKEN}")
    assert done.returncode == 0, done.stderr
    assert "3000 in all" in done.stdout
    assert {path for _, path, _ in site.asked} == {f"/rows.csv?token={TOKEN}"}
    nowhere(tmp_path, done)
    # Another token is the same source.
    done = pipeline(
        f"http://{USER}:{WORD}@{host}/rows.csv?token={TOKEN}-of-the-next-day"
    )
    assert done.stdout.splitlines()[-1] == "nothing new", done.stderr
    state = json.loads((tmp_path / "runtime/data/data_state.json").read_text())
    assert state["source"]["name"] == f"{site.url}/rows.csv"
    assert list(state["source"]["cursor"]["files"]) == [f"{site.url}/rows.csv"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/absent.csv", "cannot be read: it is not there (404)"),
        ("/denied.csv", "may not be read (403)"),
        ("/broken.csv", "cannot be read: the server answers 500"),
        ("/none/", "cannot be read: it is not there"),
        ("/none/*.csv", "cannot be read: it is not there"),
        ("/denied/*.csv", "may not be read (403)"),
        ("/empty/", "holds no table"),
    ],
)
def test_each_failure_is_one_line_without_the_secrets(
    site: Site,
    tmp_path: Path,
    pipeline: Callable[..., subprocess.CompletedProcess[str]],
    path: str,
    said: str,
) -> None:
    site.files = dict.fromkeys(("/denied.csv", "/broken.csv", "/empty/x.md"), b"a\n")
    site.status = {
        "/denied.csv": 403,
        "/broken.csv": 500,
        "/none/": 404,
        "/denied/": 403,
    }
    query = "" if path.endswith("/") or "*" in path else f"?token={TOKEN}"
    done = pipeline(
        f"http://{USER}:{WORD}@{site.url.removeprefix('http://')}{path}{query}"
    )
    assert done.returncode == SourceError.exit_code
    assert done.stderr.splitlines()[0] == f"error: {site.url}{path} {said}"
    assert len(done.stderr.splitlines()) <= 2
    nowhere(tmp_path, done)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            f"http://{USER}:{WORD}@127.0.0.1:9/rows.csv?token={TOKEN}",
            "the server cannot be reached",
        ),
        (f"http://{USER}:{WORD}@127.0.0.1:9/rows/", "the server cannot be reached"),
        (f"ftp://{USER}:{WORD}@127.0.0.1:9/rows.csv", "the server cannot be reached"),
        (f"nowhere://{USER}:{WORD}@host/rows.csv", "Protocol not known: nowhere"),
        (f"http://{USER}:{WORD}@[/rows.csv?token={TOKEN}", ""),
    ],
)
def test_what_is_no_server(
    tmp_path: Path,
    pipeline: Callable[..., subprocess.CompletedProcess[str]],
    source: str,
    said: str,
) -> None:
    done = pipeline(source)
    assert done.returncode == SourceError.exit_code, done.stderr
    assert said in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) <= 2
    nowhere(tmp_path, done)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("data/?.csv", "data/?.csv"),
        ("https://me:pw@host:8/a/b.csv?sig=1#x", "https://host:8/a/b.csv"),
        ("https://token@host/b.csv", "https://host/b.csv"),
        ("s3://bucket/part-?.csv", "s3://bucket/part-?.csv"),
        ("s3://key:secret@bucket/x.csv", "s3://bucket/x.csv"),
        ("sftp://me@host/x.csv", "sftp://me@host/x.csv"),
        (
            "abfs://box@account.dfs.core.windows.net/x.csv",
            "abfs://box@account.dfs.core.windows.net/x.csv",
        ),
        (
            "zip://a.csv::https://me:pw@host/a.zip?t=1",
            "zip://a.csv::https://host/a.zip",
        ),
        ("simplecache::ftp://me:p@w@host/a.csv", "simplecache::ftp://host/a.csv"),
    ],
)
def test_a_source_is_shown_without_its_secrets(source: str, shown: str) -> None:
    assert hide_credentials(source) == shown


@given(
    st.text(
        st.characters(
            codec="ascii", categories=["L", "N", "P"], exclude_characters="/?#@:'\""
        ),
        min_size=6,
    )
)
def test_no_text_of_a_library_carries_them_further(secret: str) -> None:
    secret = f"5ecret{secret}"
    for text in (
        f"Cannot connect to http://me:{secret}@host/x.csv?y=1 now",
        f"404, url='https://host/x.csv?a=b&sig={secret}'",
        f"FileNotFoundError: ftp://me:{secret}@host/x",
    ):
        assert secret not in scrub_text(text)
