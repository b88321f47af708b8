"""`wfgen templates`: what can be extended, and the text to start from."""

from __future__ import annotations

import re

import click

from ..errors import SettingsError
from ..resources import templates_dir

_BLOCK = re.compile(r"<%-?\s*block\s+(\w+)")


@click.group("templates")
def command() -> None:
    """List the templates and their blocks, or show one, to extend in a templates_dir of your own."""


@command.command("list")
def list_command() -> None:
    """List the templates, each with the blocks that can be replaced."""
    folder = templates_dir()
    for path in sorted(folder.rglob("*.j2")):
        blocks = _BLOCK.findall(path.read_text(encoding="utf-8"))
        click.echo(path.relative_to(folder).as_posix())
        if blocks:
            click.echo(
                click.wrap_text(", ".join(blocks), 78, "    blocks: ", "            ")
            )


@command.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """Print the template NAME."""
    folder = templates_dir()
    path = (folder / name).resolve()
    if (
        not path.is_relative_to(folder.resolve())
        or not path.is_file()
        or path.suffix != ".j2"
    ):
        raise SettingsError(
            f"there is no template {name}", hint="`wfgen templates list` names them"
        )
    click.echo(path.read_text(encoding="utf-8"), nl=False)
