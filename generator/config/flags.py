"""Flags of commands that set settings, made from their options."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from ..errors import SettingsError
from .options import BRANCHES, BY_KEY, ITERATIONS, RETENTION, SCHEDULE_CRON, Option
from .settings import Flags, suggest_similar
from .types import ListOf

# Of settings that wfgen leaves to the training.
TRAINING_PREFIX = "pipeline."
Command = Callable[..., int]


class SettingFlag(NamedTuple):
    """A flag for one setting; that of a list may be repeated."""

    name: str
    option: Option[Any]
    metavar: str
    help: str

    @property
    def parameter(self) -> str:
        """The name click hands its value over by."""
        return "setting_" + self.name.removeprefix("--")

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be given several times."""
        return isinstance(self.option.value_type, ListOf)

    def add_to(self, command: Command) -> Command:
        """Add it to a command."""
        return click.option(
            self.name,
            self.parameter,
            metavar=self.metavar,
            multiple=self.is_repeatable,
            help=self.help,
        )(command)


SETTING_FLAGS = (
    SettingFlag("--iterations", ITERATIONS, "N", "Training iterations of a run."),
    SettingFlag(
        "--retention",
        RETENTION,
        "DAYS",
        "Days that GitHub keeps the artifacts, 1 to 90.",
    ),
    SettingFlag("--branch", BRANCHES, "NAME", "A branch that trains; may be repeated."),
    SettingFlag(
        "--cron", SCHEDULE_CRON, "LINE", "When the schedule trains; may be repeated."
    ),
)


def add_setting_flags(command: Command) -> Command:
    """Add the flags above and `--set` to a command, which gets them as `flags`."""

    # click shows the docstring as help, and collects options on the function.
    @functools.wraps(command)
    def translate(**parameters: Any) -> int:  # noqa: ANN401 - click's own, of any type
        flags = parse_pairs(parameters.pop("pairs"))
        for flag in SETTING_FLAGS:
            value = parameters.pop(flag.parameter)
            # An empty text was given and is refused with its reason; these were not.
            if value not in {None, ()}:
                flags[flag.option.key] = (flag.name, value)
        return command(flags=flags, **parameters)

    decorated: Command = click.option(
        "--set",
        "pairs",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any setting (`wfgen settings` lists them).",
    )(translate)
    # click lists flags in the order in which decorators stand, the last applied first.
    for flag in reversed(SETTING_FLAGS):
        decorated = flag.add_to(decorated)
    return decorated


def parse_pairs(pairs: Sequence[str]) -> Flags:
    """Parse the `KEY=VALUE` of `--set`; raises SettingsError for one that is none."""
    flags: Flags = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if equals and key in BY_KEY:
            flags[key] = (f"--set {key}", text)
            continue
        reason = "needs KEY=VALUE"
        if equals:
            reason = f"{key} is not a setting{suggest_similar(key, BY_KEY)}"
        if equals and key.startswith(TRAINING_PREFIX):
            name = key.removeprefix(TRAINING_PREFIX)
            reason = (
                "settings of the training stand below [pipeline] in wfgen.toml, or are "
                f"flags of it: --{name.replace('_', '-')}"
            )
        raise SettingsError(
            f"flag --set {pair}: {reason}",
            hint="`wfgen settings` lists every setting",
        )
    return flags
