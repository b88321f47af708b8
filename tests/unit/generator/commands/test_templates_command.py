"""`wfgen templates`, and the workflows beside the training."""

from __future__ import annotations

import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.cli import main
from generator.config.settings import load
from generator.process import SystemRunner
from generator.rendering.render import render_all
from generator.resources import templates_dir
from generator.workflow.source import parse_yaml


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_list_names_every_template_and_its_blocks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert wfgen("templates", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"train.yml.j2", "find_state.py.j2", "parts/fanout.yml.j2"} <= set(lines)
    assert max(map(len, lines)) <= 80
    blocks = " ".join(lines[lines.index("train.yml.j2") + 1 :])
    assert all(
        block in blocks
        for block in (
            "triggers",
            "setup",
            "restore",
            "train",
            "upload_state",
            "summary",
        )
    )


def test_show_prints_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert wfgen("templates", "show", "ci.yml.j2") == 0
    assert capsys.readouterr().out == (templates_dir() / "ci.yml.j2").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    "name", ["none.j2", "../pyproject.toml", "/etc/passwd", "parts", ""]
)
def test_show_prints_templates_only(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("templates", "show", name) == 2
    assert f"there is no template {name}" in capsys.readouterr().err


def test_no_python_file_lies_among_the_templates() -> None:
    assert not list(templates_dir().rglob("*.py"))


def files(root: Path, **flags: object) -> dict[str, str]:
    settings = load(
        root, {}, {key.replace("__", "."): (key, value) for key, value in flags.items()}
    )
    return {file.path: file.text for file in render_all(settings, root)}


def test_ci_tests_and_holds_the_rendered_files_to_the_settings(tmp_path: Path) -> None:
    text = files(tmp_path, workflows__ci=True, ci__lint="ruff check .", ci__wfgen=".")[
        ".github/workflows/ci.yml"
    ]
    data = parse_yaml(text, Path("ci.yml")).data
    assert isinstance(data, dict)
    steps = {step["name"]: step for step in data["jobs"]["test"]["steps"]}
    assert steps["Lint"]["run"] == "ruff check .\n"
    assert "pytest" in steps["Test"]["run"]
    last = steps["Rendered files are as the settings say"]
    assert last["env"] == {"WFGEN": "."}
    assert "wfgen render --check" in last["run"]
    assert data["permissions"] == {}


class Workflows(http.server.BaseHTTPRequestHandler):
    """GitHub's calls about workflows."""

    states: dict[str, str]

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        known = name in self.states
        self._answer(
            200 if known else 404, json.dumps({"state": self.states.get(name)}).encode()
        )

    def do_PUT(self) -> None:
        name = self.path.split("/")[-2]
        assert self.path.endswith("/enable")
        self.states[name] = "active"
        self._answer(204, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def github() -> Iterator[tuple[str, dict[str, str]]]:
    states: dict[str, str] = {}
    handler = type("Handler", (Workflows,), {"states": states})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", states
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("state", "after", "code", "said"),
    [
        ("active", "active", 0, "train.yml is on"),
        (
            "disabled_inactivity",
            "active",
            0,
            "train.yml was disabled_inactivity and is on again",
        ),
        ("disabled_manually", "disabled_manually", 0, "stays off"),
        ("", None, 1, "could not be kept alive"),
    ],
)
def test_schedules_are_kept_alive_but_not_against_somebodys_will(  # noqa: PLR0913, PLR0917 - one parameter a column
    state: str,
    after: str | None,
    code: int,
    said: str,
    tmp_path: Path,
    github: tuple[str, dict[str, str]],
) -> None:
    url, states = github
    if state:
        states["train.yml"] = state
    script = tmp_path / "keep_alive.py"
    script.write_text(
        files(tmp_path, workflows__keepalive=True)[".github/scripts/keep_alive.py"],
        encoding="utf-8",
    )
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": "t",
        "WORKFLOWS": "train.yml",
        "STATE_RETRY_SECONDS": "0",
    }
    done = SystemRunner().run(
        [sys.executable, "-W", "error", "-I", str(script)], env=environment
    )
    assert (done.exit_code, states.get("train.yml")) == (code, after), (
        done.stdout + done.stderr
    )
    assert said in done.stdout
