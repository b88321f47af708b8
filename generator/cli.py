"""The `wfgen` command.

Finds the command's module, runs it, and turns an error into a message and an exit code.

Command modules are imported only when called: `wfgen render` must start about as fast
as its libraries do.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from . import __version__
from .errors import EXIT_INTERRUPTED, EXIT_OK, ToolMissingError, WfgenError
from .terminal import show

if TYPE_CHECKING:
    from collections.abc import Sequence

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
# Name -> (module below generator.commands, one line for `wfgen --help`); listing them imports none.
COMMANDS = {
    "artifacts": (
        "history.artifacts",
        "List, extract or open what a run here left.",
    ),
    "check": ("check", "Find faults in workflows: state, syntax, security."),
    "demo": (
        "demo",
        "Render the workflow and run it twice, to see state carried over.",
    ),
    "docs": ("docs", "Write the documentation of the workflow, in English or Russian."),
    "doctor": ("doctor", "Show what is missing here and the command that brings it."),
    "explain": (
        "rules.explain",
        "Tell about a rule of `wfgen check`: why, and the remedy.",
    ),
    "init": (
        "init",
        "Make a repository train on GitHub, asking nothing it can find out.",
    ),
    "pins": ("pins", "Show or renew the commits behind the actions that are rendered."),
    "render": ("render", "Write the workflow files from templates and settings."),
    "rules": ("rules.listing", "List the rules of `wfgen check`."),
    "run": ("run", "Run a workflow here, under act, against the local GitHub."),
    "runs": ("history.runs", "List the runs that were made here, newest first."),
    "settings": ("settings", "Show every setting with its value and where it was set."),
    "simulate": (
        "time.simulate",
        "Play weeks of a workflow's nights, and tell what became of its state.",
    ),
    "watch": (
        "time.watch",
        "Tell whether a repository's scheduled runs came, succeeded and left state.",
    ),
    "templates": ("templates", "List the templates and their blocks, or show one."),
    "serve": ("serve", "Run the local GitHub alone, for any act or client."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the name of every command."""
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        try:
            module = import_module(f".commands.{COMMANDS[cmd_name][0]}", __package__)
        except ModuleNotFoundError as error:
            # A module of our own that is missing is a fault of ours.
            if error.name is None or error.name.startswith(str(__package__)):
                raise
            from .resources import suggest_install  # noqa: PLC0415 - seldom needed

            raise ToolMissingError(
                f"{error.name} is not installed",
                hint=suggest_install(error.name, "local"),
            ) from error
        return cast("click.Command", module.command)

    def format_commands(
        self, _ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        lines = [(name, COMMANDS[name][1]) for name in sorted(COMMANDS)]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 fine, 1 your workflow has problems, 2 usage or settings, "
        "3 could not tell, 130 interrupted."
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Workflows that train a model further with every run: render, check and run them."""


def main(args: Sequence[str] | None = None) -> None:
    """Run `wfgen` and exit; the only place where errors become messages."""
    # Imports make objects and no garbage: to look for it costs a tenth of a render.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        code = cli.main(args=args, prog_name="wfgen", standalone_mode=False)
    except WfgenError as error:
        show(f"wfgen: {error.message}", err=True)
        if error.hint:
            show(f"hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        show("wfgen: interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    # The process ends with a last look for garbage, which passes over what is frozen.
    gc.freeze()
    # A command that returns nothing ended well.
    sys.exit(code or EXIT_OK)
