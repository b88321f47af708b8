"""Secrets of many shapes, printed in many ways: none is left in any file or output."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
WFGEN = [sys.executable, "-m", "wfgen_actions.generator"]
SHAPES = {
    "PLAIN": "plain-sesame-4711",
    "SHORT": "q7!x",
    "QUOTES": "it's \"quoted\" 'twice'",
    "DOLLAR": "pa$$word`id`$HOME!x",
    "BLANKS": "  two  blanks at  both ends  ",
    "SLASHES": "a\\b\\\\c/d?e=f&g+h%20i",
    "MARKUP": "<tag attr=\"v\">R&D 'x'</tag>",
    "UMLAUTS": "gr\u00fc\u00dfe-\u00e9\u4e2d\u6587",
    "EMOJI": "smile-\U0001f600-end",
    "LINES": "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ==\n-----END KEY-----",
    "JSON": json.dumps({"type": "account", "key": "v4lue-of-k3y"}),
    "LONG": "0123456789abcdef" * 16,
}
# Python that prints a value in every way that programs do; run once a secret.
PRINTER = r"""
import base64, html, json, os, shlex, subprocess, sys, time, urllib.parse
from xml.sax.saxutils import escape
name = sys.argv[1]
v = os.environ[name]
print("plain", v); print("x" + v + "y", file=sys.stderr)
print(repr(v), ascii(v), [v], {"k": v}, v.encode())
print(json.dumps(v), json.dumps(v, ensure_ascii=False), json.dumps({"a": [v]}))
print(urllib.parse.quote(v), urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v),
      urllib.parse.quote(v, safe="").lower())
for lead in ("", "u:", "us:", "use:"):
    data = (lead + v).encode()
    print(base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode())
    print(base64.b64encode(data + b" and more").decode())
print(html.escape(v), escape(v), escape(v, {'"': "&quot;", "'": "&apos;"}))
print(shlex.quote(v), shlex.join(["curl", "-u", v])); sys.stdout.flush()
for shell in ("bash", "sh"):
    subprocess.run([shell, "-xc", 'true "$1" "u:$1"', "sh", v])
subprocess.run(["bash", "-c", 'printf "%q\n" "$1"', "sh", v])
print("::notice title=t::" + v.replace("%", "%25").replace("\n", "%0A"))
print("::group::" + v.splitlines()[0]); print("::endgroup::")
print("::debug::" + v.splitlines()[0])
for size in (4090, 65530):
    print("z" * size + v)
sys.stdout.flush()
with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as file:
    file.write(v + "\n")
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    file.write(name + "<<END_OF_VALUE\n" + v + "\nEND_OF_VALUE\n")
sys.stdout.write(v[:3]); sys.stdout.flush(); time.sleep(0.05); print(v[3:])
"""


def write_workflow(project: Project) -> None:
    project.write("printer.py", PRINTER)
    steps = [
        "      - uses: actions/checkout@v4",
        "      - name: own values",
        "        env: {TOKEN: '${{ github.token }}'}",
        "        run: python printer.py TOKEN; python printer.py ACTIONS_RUNTIME_TOKEN",
    ]
    for name in SHAPES:
        steps += [
            f"      - name: {name.lower()} ${{{{ secrets.{name} }}}}",
            "        id: " + name.lower(),
            f"        env: {{{name}: '${{{{ secrets.{name} }}}}'}}",
            f"        run: python printer.py {name}",
        ]
    steps += [
        "      - name: fails",
        "        env: {ALL: '${{ toJSON(secrets) }}'}",
        "        run: |",
        '          echo "$ALL"',
        "          python -c 'import os; raise SystemExit(os.environ[\"ALL\"])'",
    ]
    head = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    project.write(".github/workflows/leak.yml", head + "\n".join(steps) + "\n")


def iter_traces(value: str) -> Iterator[str]:
    """Yield what would give a secret away, worked out apart from what is masked."""
    for line in {value, *value.splitlines()}:
        yield line
        yield json.dumps(line)[1:-1]
        yield repr(line)[1:-1]
        yield escape(line)
        yield urllib.parse.quote(line, safe="")
        yield urllib.parse.quote_plus(line)
    data = value.encode()
    # Whole groups of three bytes, wherever the secret begins in what was encoded.
    for skip in range(3):
        whole = data[skip : skip + (len(data) - skip) // 3 * 3]
        encoded = base64.b64encode(whole).decode()
        if len(encoded) >= 8:
            yield encoded
            yield encoded.replace("+", "-").replace("/", "_")


def find_traces(text: str, values: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for name, value in values.items():
        found += [(name, trace) for trace in iter_traces(value) if trace in text]
    return found


class ProcessList(threading.Thread):
    """Reads the arguments of every process, as any user can, until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[bytes] = set()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue


def test_no_secret_is_left_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_workflow(project)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for name, value in SHAPES.items():
        monkeypatch.setenv(name, value)
    words = ["run", "leak.yml", "--verbose"]
    for name in SHAPES:
        words += ["--secret", name]
    processes = ProcessList()
    processes.start()
    done = subprocess.run(
        [*WFGEN, *words],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=300,
    )
    processes.stopped.set()
    processes.join()
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 1, said
    assert "exit status 1" in said
    assert said.count("***") > 12 * 20
    assert find_traces(said, SHAPES) == []
    document = subprocess.run(
        [*WFGEN, "runs", "--json"], cwd=project.root, capture_output=True, check=True
    )
    assert find_traces(document.stdout.decode(), SHAPES) == []
    # But for the shells to which the printer itself hands one as an argument.
    others = [
        line for line in processes.seen if b"-xc" not in line and b"%q" not in line
    ]
    assert any(b"/act\0" in line for line in others)
    listed = b"\n".join(others).decode("utf-8", "replace")
    assert find_traces(listed, SHAPES) == []
    left = [
        path
        for folder in (project.root, temporary)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert any(path.name.endswith(".jsonl") for path in left)
    for path in left:
        text = path.read_bytes().decode("utf-8", "replace")
        assert find_traces(text, SHAPES) == [], path


def test_what_json_says_of_a_run_has_none_either(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_workflow(project)
    words = ["run", "leak.yml", "--json"]
    for name, value in SHAPES.items():
        monkeypatch.setenv(name, value)
        words += ["--secret", name]
    done = subprocess.run(
        [*WFGEN, *words],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert json.loads(done.stdout)["conclusion"] == "failure"
    # As parsed texts, too: an escape must not hide one.
    texts = [done.stdout.decode(), *iter_texts(json.loads(done.stdout))]
    for text in texts:
        assert find_traces(text, SHAPES) == []


def iter_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from iter_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from iter_texts(item)
