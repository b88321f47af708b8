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
from ..terminal import show

_NAME_WIDTH = 13
_VERSION_WIDTH = 10
_SECTIONS = (("needed by render, check and run", True), ("optional", False))


@click.command("doctor")
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON, with every library and path."
)
def command(*, as_json: bool) -> int:
    """Show what wfgen works with, what of it is missing, and the command that brings it.

    Exit code 0 if everything that render, check and run need is there, else 3.
    """
    needs = examine(this_machine(SystemRunner()))
    missing = [need.name for need in needs if need.needed and not need.usable]
    if as_json:
        show(json.dumps(_describe_needs(needs, ready=not missing), indent=2))
    else:
        show("\n".join(_format_needs(needs, missing)))
    if missing:
        return EXIT_CANNOT_TELL
    return EXIT_OK


def _format_needs(needs: Sequence[Need], missing: Sequence[str]) -> Iterator[str]:
    yield f"wfgen {__version__} on {platform.system()} {platform.machine()}"
    for title, needed in _SECTIONS:
        yield f"\n{title}"
        for need in needs:
            if need.needed is needed:
                yield from _format_need(need)
    if missing:
        yield f"\nmissing: {', '.join(missing)}"
    else:
        yield "\neverything that render, check and run need is there"


def _format_need(need: Need) -> Iterator[str]:
    mark = "--"
    if need.usable:
        mark = "ok"
    elif need.needed:
        mark = "no"
    version = _format_versions(need)
    yield f"  {mark}  {need.name:{_NAME_WIDTH}} {version:{_VERSION_WIDTH}} {need.purpose}"
    troubled = [part for part in need.parts if part.status is not Status.OK]
    for part in troubled:
        yield f"      {_format_trouble(part)}"
    if troubled and need.remedy:
        yield f"      get it: {need.remedy}"


def _format_versions(need: Need) -> str:
    if len(need.parts) == 1:
        return need.parts[0].version or "-"
    installed = [part for part in need.parts if part.version]
    return f"{len(installed)} of {len(need.parts)}"


def _format_trouble(part: Part) -> str:
    words = [part.name]
    if part.version:
        words.append(part.version)
    # The word for a program that is broken is a whole verb.
    if part.status is not Status.BROKEN:
        words.append("is")
    words.append(str(part.status))
    if part.tested:
        words.append(f"(tested: {part.tested})")
    return " ".join(words)


def _describe_needs(needs: Sequence[Need], *, ready: bool) -> dict[str, object]:
    return {
        "format": 1,
        "wfgen": __version__,
        "python": sys.executable,
        "ready": ready,
        "needs": [_describe_need(need) for need in needs],
    }


def _describe_need(need: Need) -> dict[str, object]:
    return {
        "name": need.name,
        "purpose": need.purpose,
        "needed": need.needed,
        "usable": need.usable,
        "remedy": need.remedy,
        "parts": [_describe_part(part) for part in need.parts],
    }


def _describe_part(part: Part) -> dict[str, object]:
    return {
        "name": part.name,
        "status": str(part.status),
        "version": part.version,
        "tested": part.tested,
        "path": part.path,
    }
