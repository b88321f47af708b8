"""`wfgen pins`: the commits behind the actions, where they are used, and newer ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from ..errors import EXIT_OK, OutputError
from ..rendering.pin_report import (
    describe_changes,
    find_uses,
    format_json,
    format_text,
)
from ..rendering.pins import (
    OVERRIDES,
    Pin,
    format_pins,
    load_pins,
    read_pins,
    select_own,
)
from ..rendering.writer import replace_file
from ..terminal import show


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
        report = format_json if as_json else format_text
        show(report(pins, find_uses(directory)))
        return EXIT_OK
    newer = read_pins(source, source.name) if source else _fetch_newest(pins)
    for line in describe_changes(pins, newer):
        show(line)
    if dry_run:
        show("nothing was written (--dry-run)")
    else:
        _write(directory, pins | newer, target)
    return EXIT_OK


def _fetch_newest(pins: Mapping[str, Pin]) -> dict[str, Pin]:
    # An HTTP client, only where it is asked for.
    from ..rendering.pin_updates import GitHubApi  # noqa: PLC0415 - see above

    api = GitHubApi.from_environment(os.environ)
    return {action: api.fetch_newest(action) for action in pins}


def _write(root: Path, pins: Mapping[str, Pin], target: Path | None) -> None:
    """Write the whole list to `target`, or what differs from wfgen's own.

    The latter is the repository's list. Raises OutputError.
    """
    if target is not None:
        _replace(target, str(target), format_pins(pins))
        return
    own = select_own(pins)
    if own:
        _replace(root / OVERRIDES, OVERRIDES, format_pins(own))
        return
    file = root / OVERRIDES
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{file} cannot be removed: {error.strerror}") from error
    show("nothing differs from wfgen's own list")


def _replace(file: Path, name: str, text: str) -> None:
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        show(f"unchanged  {name}")
        return
    replace_file(file, text)
    show(f"wrote      {name}\nrun `wfgen render` to use it")
