"""The one way to the terminal: what strangers wrote is shown as text and does nothing.

Names of workflows, steps, artifacts and files, and what programs said, may hold escapes
that a terminal obeys, and lines that GitHub's runner obeys where wfgen runs in a step
(docs.github.com, "Workflow commands for GitHub Actions"; `##[command]` is the runner's
older form, which it finds anywhere in a line).
"""

from __future__ import annotations

import os
import re

import click

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
    # Most lines have nothing of it, and to compile the expressions takes its time.
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
    """Show lines on standard output, or on standard error."""
    in_step = os.environ.get("GITHUB_ACTIONS") == "true"
    click.echo(make_safe(text, in_step=in_step), err=err)


def show_commands(text: str) -> None:
    """Show lines that GitHub's runner is to obey, whose data was escaped before."""
    click.echo(make_safe(text, in_step=False))


def show_progress(text: str) -> None:
    """Show a line on a terminal's standard error, in place of the one before."""
    click.echo(f"\r\x1b[K{make_safe(text, in_step=False)}", nl=False, err=True)


def write_content(text: str) -> None:
    """Write the content of a file as it is: it may go into a file from here."""
    click.echo(text, nl=False)
