"""`wfgen pins`: the commits behind the actions, where they are used, and newer ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from ..errors import EXIT_OK, OutputError
from ..rendering.pins import OVERRIDES, Pin, built_in, load_pins, pins_text, read_pins
from ..rendering.writer import replace

_USES = re.compile(
    r"""\s*(?:-\s+)?uses:\s*["']?([\w.-]+/[\w.-]+)(?:/[^@\s"']*)?@([^\s"'#]+)"""
)
Uses = dict[str, list[tuple[str, int, str]]]


@click.command("pins")
@click.argument(
    "directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--update",
    is_flag=True,
    help=f"Look for newer releases and write them into {OVERRIDES}.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take them from a list of pins instead of GitHub's API.",
)
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the whole list there.",
)
@click.option("--dry-run", is_flag=True, help="With --update: write nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(  # noqa: PLR0913 - one parameter a flag
    *,
    directory: Path,
    update: bool,
    source: Path | None,
    target: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Show the commit behind every action that wfgen renders.

    Where the workflows of DIRECTORY use it.

    --update asks GITHUB_API_URL (api.github.com) with the token in GH_TOKEN or
    GITHUB_TOKEN, if there is one. The repository's list comes before wfgen's own, which
    is never changed. Nothing is written unless all answers came.
    """
    if not update and (source or target or dry_run):
        raise click.UsageError("--from, --to and --dry-run go with --update")
    if update and as_json:
        raise click.UsageError("--json shows the pins; leave it out with --update")
    pins = load_pins(directory)
    if not update:
        uses = _uses(directory)
        click.echo(_document(pins, uses) if as_json else "\n".join(_lines(pins, uses)))
        return EXIT_OK
    newer = read_pins(source, source.name) if source else _newest(pins)
    for line in _changes(pins, newer):
        click.echo(line)
    if dry_run:
        click.echo("nothing was written (--dry-run)")
    else:
        _write(directory, pins | newer, target)
    return EXIT_OK


def _newest(pins: Mapping[str, Pin]) -> dict[str, Pin]:
    from ..rendering.pin_updates import GitHubApi  # noqa: PLC0415 - an HTTP client, only where it is asked for

    api = GitHubApi.from_environment(os.environ)
    return {action: api.newest(action) for action in pins}


def _changes(pins: Mapping[str, Pin], newer: Mapping[str, Pin]) -> Iterator[str]:
    for action, pin in sorted(newer.items()):
        old = pins.get(action)
        if old is None:
            yield f"{action:26} {pin.version}  (new)"
        elif old[:2] == pin[:2]:
            yield f"{action:26} {pin.version}  unchanged"
        else:
            major = old.version.partition(".")[0] != pin.version.partition(".")[0]
            moved = old.version == pin.version
            note = (
                "  (the tag was moved)"
                if moved
                else "  (new major: read its notes)"
                if major
                else ""
            )
            yield f"{action:26} {old.version} -> {pin.version}{note}"


def _write(root: Path, pins: Mapping[str, Pin], target: Path | None) -> None:
    """The whole list to `target`, or what differs from wfgen's own list into the repository's.

    Raises OutputError.
    """
    known = built_in()
    own = {
        action: pin
        for action, pin in pins.items()
        if action not in known or known[action][:2] != pin[:2]
    }
    file = target or root / OVERRIDES
    if target is None and not own:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{file} cannot be removed: {error.strerror}") from error
        click.echo("nothing differs from wfgen's own list")
        return
    text = pins_text(pins if target else own)
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        click.echo(f"unchanged  {target or OVERRIDES}")
        return
    replace(file, text)
    click.echo(f"wrote      {target or OVERRIDES}\nrun `wfgen render` to use it")


def _uses(root: Path) -> Uses:
    """Action -> (file, line, ref) of every step of the repository's workflows that uses it."""
    found: Uses = {}
    for path in sorted((root / ".github" / "workflows").glob("*.y*ml")):
        name = path.relative_to(root).as_posix()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        ):
            if match := _USES.match(line):
                found.setdefault(match[1], []).append((name, number, match[2]))
    return found


def _lines(pins: Mapping[str, Pin], uses: Uses) -> Iterator[str]:
    for action, pin in pins.items():
        source = "" if pin.source == "wfgen" else f"  ({pin.source})"
        yield f"{action:26} {pin.version:8} {pin.commit[:12]}{source}"
        yield from _places(uses.get(action, []), pin)
    for action in sorted(set(uses) - set(pins)):
        yield f"{action:26} not pinned by wfgen"
        yield from _places(uses[action], None)


def _places(places: list[tuple[str, int, str]], pin: Pin | None) -> Iterator[str]:
    for file, line, ref in places:
        other = "" if pin and ref == pin.commit else f"  at {ref[:12]}"
        yield f"  {file}:{line}{other}"


def _document(pins: Mapping[str, Pin], uses: Uses) -> str:
    listed = [
        {
            "action": action,
            "version": pins[action].version if action in pins else None,
            "commit": pins[action].commit if action in pins else None,
            "source": pins[action].source if action in pins else None,
            "uses": [
                {"path": file, "line": line, "ref": ref}
                for file, line, ref in uses.get(action, [])
            ],
        }
        for action in sorted({*pins, *uses})
    ]
    return json.dumps({"format": 1, "pins": listed}, indent=2)
