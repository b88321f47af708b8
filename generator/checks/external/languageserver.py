"""GitHub's own language server (`npm install -g @actions/languageserver`), where it is there.

It speaks the Language Server Protocol and answers only while it is listened to, so a
line of node holds the conversation: open each file, wait for its diagnostics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import ToolFailedError
from ...findings import Finding, Severity
from ...process import find_tool
from .tool import JsonObject, Tool, ToolCall, make_failure, parse_json_list, read_number

NAME = "actions-languageserver"
RULE = "languageserver"
# LSP: 1 error, 2 warning, 3 information, 4 hint; errors where it says nothing.
_ERROR = 1
_TALK = """
const { spawn } = require("child_process");
const fs = require("fs");
const [program, ...files] = process.argv.slice(1);
const server = spawn(process.execPath, [fs.realpathSync(program), "--stdio"]);
const send = (body) => {
  const text = JSON.stringify({ jsonrpc: "2.0", ...body });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\\r\\n\\r\\n${text}`);
};
const answers = {};
let buffer = Buffer.alloc(0);
server.on("exit", (code) => process.exit(code || 1));
server.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\\r\\n\\r\\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\\d+)/i.exec(buffer.subarray(0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    if (message.method === "textDocument/publishDiagnostics")
      answers[message.params.uri] = message.params.diagnostics;
    if (Object.keys(answers).length === files.length) {
      console.log(JSON.stringify(files.map((_, i) => ({ file: i,
        diagnostics: answers[`file:///r/.github/workflows/${i}.yml`] }))));
      server.kill();
      process.exit(0);
    }
  }
});
send({ id: 1, method: "initialize",
  params: { processId: null, rootUri: null, capabilities: {}, initializationOptions: {} } });
send({ method: "initialized", params: {} });
files.forEach((file, i) => send({ method: "textDocument/didOpen", params: { textDocument: {
  uri: `file:///r/.github/workflows/${i}.yml`, languageId: "yaml", version: 1,
  text: fs.readFileSync(file, "utf8") } } }));
"""


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings; raises ToolFailedError where node is missing or it broke.

    It knows syntax of some months ago: what it alone refuses is fragile.
    """
    node = find_tool("node")
    if node is None:
        raise ToolFailedError(f"{NAME} needs node, which is not installed")
    talk = call._replace(program=node)
    completed = talk.run("-e", _TALK, "--", str(call.program), *map(str, files))
    if completed.exit_code != 0:
        raise make_failure(NAME, completed)
    for answer in parse_json_list(NAME, completed):
        file = files[read_number(answer.get("file"))]
        for item in answer.get("diagnostics") or ():
            yield _make_finding(file, item)


def _make_finding(file: Path, item: JsonObject) -> Finding:
    start = item["range"]["start"]
    severity = Severity.STYLE
    if item.get("severity", _ERROR) == _ERROR:
        severity = Severity.FRAGILE
    return Finding(
        file,
        read_number(start.get("line")) + 1,
        read_number(start.get("character")) + 1,
        NAME,
        RULE,
        severity,
        f"GitHub's language server: {item.get('message')}",
    )


TOOL = Tool(
    NAME,
    package="@actions/languageserver",
    reports_syntax=True,
    check=check,
    is_default=False,
    is_optional=True,
)
