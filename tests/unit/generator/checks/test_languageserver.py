"""GitHub's language server: asked where it is installed, and missed by nobody elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.checks.external import languageserver
from generator.checks.external.tool import ToolCall
from generator.commands import check as check_command
from generator.errors import ToolFailedError
from generator.findings import Severity
from generator.process import SystemRunner, find_tool

# It answers as the server does: each file by itself, in an order of its own.
SERVER = """#!/usr/bin/env node
let text = "";
const send = (body) => {
  const answer = JSON.stringify({ jsonrpc: "2.0", ...body });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(answer)}\\r\\n\\r\\n${answer}`);
};
process.stdin.on("data", (chunk) => {
  text += chunk;
  for (;;) {
    const match = /^Content-Length: (\\d+)\\r\\n\\r\\n/.exec(text);
    if (!match || text.length < match[0].length + Number(match[1])) return;
    const body = JSON.parse(text.slice(match[0].length, match[0].length + Number(match[1])));
    text = text.slice(match[0].length + Number(match[1]));
    if (body.method !== "textDocument/didOpen") continue;
    const { uri, text: source } = body.params.textDocument;
    const start = { line: 1, character: 4 };
    const faults = [{ message: "größe", range: { start }, severity: 2 },
      { message: "Unexpected value", range: { start } }];
    const delay = uri.endsWith("0.yml") ? 50 : 0;
    setTimeout(() => send({ method: "textDocument/publishDiagnostics",
      params: { uri, diagnostics: source.includes("bad") ? faults : [] } }), delay);
  }
});
"""


def make_call(root: Path, server: str) -> ToolCall:
    node = find_tool("node")
    if node is None:
        pytest.skip("node is not installed")
    program = root / "server.js"
    program.write_text(server, encoding="utf-8")
    environment = {"PATH": f"{node.parent}:/usr/bin:/bin"}
    return ToolCall(program, root, SystemRunner(), environment)


def test_its_diagnostics_are_findings_of_the_files_they_are_about(
    tmp_path: Path,
) -> None:
    files = [Path("a.yml"), Path("b.yml"), Path("c.yml")]
    for file, text in zip(files, ("on: bad", "on: push", "on: bad"), strict=True):
        (tmp_path / file).write_text(text, encoding="utf-8")
    found = list(languageserver.check(make_call(tmp_path, SERVER), files))
    assert [(item.path.name, item.line, item.column) for item in found] == [
        ("a.yml", 2, 5),
        ("a.yml", 2, 5),
        ("c.yml", 2, 5),
        ("c.yml", 2, 5),
    ]
    assert [item.severity for item in found[:2]] == [Severity.STYLE, Severity.FRAGILE]
    assert found[0].message == "GitHub's language server: größe"


def test_a_server_that_ends_broke(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("on: push", encoding="utf-8")
    with pytest.raises(ToolFailedError, match="broke with exit code"):
        list(
            languageserver.check(
                make_call(tmp_path, "process.exit(7)"), [Path("a.yml")]
            )
        )


@pytest.mark.parametrize("is_there", [True, False])
def test_it_looks_where_it_is_installed(
    is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path("/bin/x") if is_there else None
    monkeypatch.setattr(check_command, "find_tool", lambda _: place)
    chosen = [tool.name for tool in check_command._choose_tools(())]
    assert (languageserver.NAME in chosen) is is_there
    everything = [tool.name for tool in check_command._choose_tools(("all",))]
    assert (languageserver.NAME in everything) is is_there
    assert {"act", "zizmor", "jactionlint"} <= set(everything)
