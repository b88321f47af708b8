"""The one way to the screen: what strangers wrote is shown as text and does nothing.

Names of columns, files and classes, and parts of a state, may hold escapes that a
terminal obeys, and lines that GitHub's runner obeys (docs.github.com, "Workflow commands
for GitHub Actions"; `##[command]` is the runner's older form, which it finds anywhere in
a line). generator/terminal.py is the same for the other package: neither imports the
other.
"""

import os
import re
import sys

# Controls but tab and line feed; what turns the direction of text or breaks lines; and
# halves of surrogate pairs, which no terminal can be sent.
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_COMMAND = r"(?m)^(\s*):(?=:)|#(?=\[)"


def make_safe(text: str, *, in_step: bool) -> str:
    r"""Return a text with escapes in place of what a terminal or GitHub would obey.

    `in_step` says that GitHub's runner reads it. Escapes are those of JSON (`\u001b`),
    so that a document stays one.
    """
    safe = text
    # Most lines have nothing of it, and to compile the expressions takes longer than a
    # run that finds nothing new has time for.
    if not (text.isascii() and text.isprintable()):
        safe = re.sub(_UNSAFE, lambda match: f"\\u{ord(match[0]):04x}", text)
    if in_step and ("::" in safe or "#[" in safe):
        return re.sub(_COMMAND, _escape_command, safe)
    return safe


def _escape_command(match: re.Match[str]) -> str:
    if match[0] == "#":
        return "\\u0023"
    return f"{match[1]}\\u003a"


def show(text: str = "", *, err: bool = False) -> None:
    """Show lines at once, on standard output or on standard error."""
    in_step = os.environ.get("GITHUB_ACTIONS") == "true"
    _write(make_safe(text, in_step=in_step), err=err)


def show_command(name: str, data: str) -> None:
    """Show a line that GitHub's runner is to obey, with data of strangers."""
    line = " ".join(data.splitlines()).replace("%", "%25")
    _write(f"::{name}::{make_safe(line, in_step=True)}", err=False)


def _write(text: str, *, err: bool) -> None:
    """Write at once: a killed job has shown what it did."""
    screen = sys.stderr if err else sys.stdout
    # Python has none where the process was started with it closed.
    if screen is None:
        return
    # Names may hold what the screen's encoding lacks.
    encoding = screen.encoding or "utf-8"
    try:
        screen.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        screen.flush()
    except OSError:
        # Nobody looks on any more. Python flushes the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.fileno())
