"""A script as rules read it: its commands in order, each with the constructs around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto


class Role(Enum):
    """What a command is to a construct around it."""

    AND_LEFT = auto()
    OR_LEFT = auto()
    LIST_RIGHT = auto()
    CONDITION = auto()
    IF_BODY = auto()
    ELSE_BODY = auto()
    LOOP_CONDITION = auto()
    LOOP_BODY = auto()
    PIPE = auto()  # not the last of its pipeline
    PIPE_END = auto()
    NEGATED = auto()
    SUBSTITUTION = auto()  # in an argument: its exit code is lost
    ASSIGNED = auto()  # `x=$(...)`: its exit code is that of the assignment
    SUBSHELL = auto()
    GROUP = auto()
    FUNCTION = auto()
    CASE = auto()
    BACKGROUND = auto()


@dataclass(frozen=True, slots=True)
class Construct:
    """A construct around a command; `start` and `end` are bytes of the script.

    `right` is where the other side begins: what stands behind `||`, the first command
    of a body, the end of a pipeline.
    """

    role: Role
    start: int
    end: int
    right: int
    line: int
    column: int
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """`> target`: `operator` is `>`, `>>`, `<` or the like."""

    operator: str
    target: str


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command; words are without quotes, expansions as they were written.

    `line` and `column` count from 0 within the script. `exits` says whether `set -e`
    is in force, `pipefail` likewise.
    """

    words: tuple[str, ...]
    line: int
    column: int
    start: int
    end: int
    parents: tuple[Construct, ...]
    exits: bool
    pipefail: bool
    redirects: tuple[Redirect, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The program, without the folder it lies in."""
        if not self.words:
            return ""
        return self.words[0].rpartition("/")[2]

    def has_flag(self, *flags: str) -> bool:
        """Whether one of these stands among the words."""
        return any(word in flags for word in self.words)

    def get_option(self, *names: str) -> str:
        """Return the value of an option, as `--name value` or `--name=value`, else ""."""
        for index, word in enumerate(self.words):
            if word in names and index + 1 < len(self.words):
                return self.words[index + 1]
            option, equals, value = word.partition("=")
            if equals and option in names:
                return value
        return ""

    def find_parent(self, *roles: Role) -> Construct | None:
        """Return the innermost construct around it of one of these roles."""
        for parent in reversed(self.parents):
            if parent.role in roles:
                return parent
        return None


@dataclass(frozen=True, slots=True)
class Script:
    """A script: its commands in order, and the whole text."""

    text: str
    commands: tuple[Command, ...]
    end: int = 0
    functions: frozenset[str] = field(default_factory=frozenset)

    def list_between(self, start: int, end: int) -> list[Command]:
        """Return the commands that lie within these bytes."""
        return [
            command
            for command in self.commands
            if start <= command.start and command.end <= end
        ]
