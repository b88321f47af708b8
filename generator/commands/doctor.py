"""`wfgen doctor`: what is installed, what is missing and the command that brings it."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Sequence

import click

from .. import __version__
from ..doctor import Need, Part, Status, examine, this_machine
from ..errors import EXIT_CANNOT_TELL, EXIT_OK
from ..process import SystemRunner

_NAME_WIDTH = 13
_VERSION_WIDTH = 10


@click.command("doctor")
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON, with every library and path."
)
def command(*, as_json: bool) -> int:
    """Show what wfgen works with, what of it is missing, and the command that brings it.

    Exit code 0 if everything that render, check and run need is there, else 3.
    """
    needs = examine(this_machine(SystemRunner()))
    ready = all(need.usable for need in needs if need.needed)
    if as_json:
        click.echo(json.dumps(_document(needs, ready=ready), indent=2))
    else:
        click.echo("\n".join(_lines(needs, ready=ready)))
    return EXIT_OK if ready else EXIT_CANNOT_TELL


def _lines(needs: Sequence[Need], *, ready: bool) -> Iterator[str]:
    yield f"wfgen {__version__} on {platform.system()} {platform.machine()}"
    for title, needed in (
        ("needed by render, check and run", True),
        ("optional", False),
    ):
        yield f"\n{title}"
        for need in needs:
            if need.needed is needed:
                yield from _need_lines(need)
    missing = [need.name for need in needs if need.needed and not need.usable]
    yield (
        "\neverything that render, check and run need is there"
        if ready
        else f"\nmissing: {', '.join(missing)}"
    )


def _need_lines(need: Need) -> Iterator[str]:
    mark = "ok" if need.usable else "no" if need.needed else "--"
    yield f"  {mark}  {need.name:{_NAME_WIDTH}} {_versions(need):{_VERSION_WIDTH}} {need.purpose}"
    troubled = [part for part in need.parts if part.status is not Status.OK]
    for part in troubled:
        yield f"      {_trouble(part)}"
    if troubled and need.remedy:
        yield f"      get it: {need.remedy}"


def _versions(need: Need) -> str:
    if len(need.parts) == 1:
        return need.parts[0].version or "-"
    have = sum(bool(part.version) for part in need.parts)
    return f"{have} of {len(need.parts)}"


def _trouble(part: Part) -> str:
    version = f" {part.version}" if part.version else ""
    tested = f" (tested: {part.tested})" if part.tested else ""
    return f"{part.name}{version} {_said(part.status)}{tested}"


def _said(status: Status) -> str:
    return str(status) if status is Status.BROKEN else f"is {status}"


def _document(needs: Sequence[Need], *, ready: bool) -> dict[str, object]:
    return {
        "format": 1,
        "wfgen": __version__,
        "python": sys.executable,
        "ready": ready,
        "needs": [
            {
                "name": need.name,
                "purpose": need.purpose,
                "needed": need.needed,
                "usable": need.usable,
                "remedy": need.remedy,
                "parts": [
                    {
                        "name": part.name,
                        "status": str(part.status),
                        "version": part.version,
                        "tested": part.tested,
                        "path": part.path,
                    }
                    for part in need.parts
                ],
            }
            for need in needs
        ],
    }
