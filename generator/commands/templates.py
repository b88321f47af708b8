"""`wfgen templates`: what can be extended, and the text to start from."""

from __future__ import annotations

import re

import click

from ..errors import SettingsError
from ..resources import templates_dir
from ..terminal import show, write_content

_BLOCK = re.compile(r"<%-?\s*block\s+(\w+)")
_WIDTH = 78


@click.group("templates")
def command() -> None:
    """List the templates and their blocks, or show one, to extend in your own.

    Those are in the folder that the setting templates_dir names.
    """


@command.command("list")
def list_command() -> None:
    """List the templates, each with the blocks that can be replaced."""
    folder = templates_dir()
    for path in sorted(folder.rglob("*.j2")):
        blocks = _BLOCK.findall(path.read_text(encoding="utf-8"))
        show(path.relative_to(folder).as_posix())
        if blocks:
            head = "    blocks: "
            names = ", ".join(blocks)
            show(click.wrap_text(names, _WIDTH, head, " " * len(head)))


@command.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """Print the template NAME."""
    folder = templates_dir().resolve()
    path = (folder / name).resolve()
    # A name such as `../generator/cli.py` names no template.
    is_template = path.is_relative_to(folder) and path.suffix == ".j2"
    if not is_template or not path.is_file():
        raise SettingsError(
            f"there is no template {name}", hint="`wfgen templates list` names them"
        )
    write_content(path.read_text(encoding="utf-8"))
