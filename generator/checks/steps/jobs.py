"""Jobs and steps as rules about state read them: inputs, scripts and where each stands.

Built from the document alone and tolerant of faults: a file that GitHub would refuse is
looked through as well, so that one look tells all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...workflow.nodes import Node
from ...workflow.source import Position, YamlDocument
from ..shell.model import Command, Script
from ..shell.parser import parse_script

_POSIX_SHELLS = ("bash", "sh")
# Of a file: four times what the largest of 500 real ones have. Comparing each command with
# each other takes seconds beyond.
MAX_COMMANDS = 800
MAX_STEPS = 400
MAX_JOBS = 300
# Keys of a step that are none of `with`.
STEP_KEYS = frozenset(
    {
        "id",
        "if",
        "name",
        "uses",
        "run",
        "with",
        "env",
        "shell",
        "working-directory",
        "continue-on-error",
        "timeout-minutes",
    }
)
_USES = re.compile(r"^(?P<name>[\w.-]+/[\w./-]+)@(?P<ref>\S+)$")
# Between `run: |` and its first line of text.
_MAX_BLANK_LINES = 50
# A commit may consist of digits alone.
_MOST_DIGITS = 3
_COMMENT_VERSION = re.compile(r"#\s*v?(\d+)")


@dataclass(frozen=True, slots=True)
class ActionRef:
    """`uses: name@ref`; `name` in small letters, `major` 0 where it is not known."""

    name: str
    ref: str
    major: int


class Step:
    """One step of a job, or of a composite action."""

    is_inlined = False

    def __init__(self, node: Node, index: int, job: Job) -> None:
        self.node = node
        self.index = index
        self.job = job

    @property
    def position(self) -> Position:
        """Where the step begins."""
        return self.node.position

    @cached_property
    def id(self) -> str:
        """Its id, "" where it has none."""
        return self.node.get_text("id")

    @cached_property
    def name(self) -> str:
        """What it is called, "" where it has no name."""
        return self.node.get_text("name")

    @cached_property
    def condition(self) -> str:
        """Its `if` as one line."""
        return " ".join(self.node.get_text("if").split())

    @cached_property
    def goes_on_after_failure(self) -> bool:
        """Whether `continue-on-error` is true, by a literal."""
        return self.node.get_text("continue-on-error").lower() == "true"

    @cached_property
    def action(self) -> ActionRef | None:
        """The action it uses."""
        uses = self.node.get("uses")
        line = self.job.get_line(uses.position.line)
        return parse_uses(self.node.get_text("uses"), line)

    @cached_property
    def inputs(self) -> Node:
        """What it hands to its action.

        Keys that stand beside an empty `with` were meant to be in it.
        """
        inputs = self.node.get("with")
        if isinstance(inputs.value, dict) or not isinstance(self.node.value, dict):
            return inputs
        return self.node

    def get_input(self, *names: str) -> str:
        """Return the first of these inputs that is there, "" where there is none."""
        for name in names:
            # `name` beside an empty `with` is the step's own, unless it follows it.
            text = self.inputs.get_text(name)
            if text:
                return text
        return ""

    def has_input(self, name: str) -> bool:
        """Whether an input is given, though it may be empty."""
        value = self.inputs.value
        return isinstance(value, dict) and name in value

    def place_input(self, name: str) -> Position:
        """Return where an input stands; the step, where it has none."""
        if self.has_input(name):
            return self.inputs.get(name).position
        return self.position

    @cached_property
    def script(self) -> Script | None:
        """What it runs, where a shell of the Bourne kind runs it."""
        script = self._parse()
        if script is None:
            return None
        return self.budget.take(script)

    @property
    def budget(self) -> Budget:
        """What is left to look at."""
        return self.job.budget

    def _parse(self) -> Script | None:
        text = self.node.get_text("run")
        shell = self.shell
        if not text or (shell and shell.split()[0] not in _POSIX_SHELLS):
            return None
        words = shell.split()
        # `shell: bash` is `bash --noprofile --norc -eo pipefail {0}`; without it, or
        # with a line of one's own, what it says.
        if len(words) == 1:
            return parse_script(text, exits=True, pipefail=shell == "bash")
        if words:
            exits = any("e" in word for word in words if re.match(r"-\w*e", word))
            return parse_script(text, exits=exits, pipefail="pipefail" in shell)
        return parse_script(text)

    @cached_property
    def shell(self) -> str:
        """The shell it names, or its job or workflow does."""
        own = self.node.get_text("shell")
        if own:
            return own
        return self.job.default_shell

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of its script."""
        if self.script is None:
            return ()
        return self.script.commands

    @cached_property
    def env(self) -> dict[str, str]:
        """Its variables, with those of the job and the workflow."""
        found = dict(self.job.env)
        own = self.node.get("env").value
        if isinstance(own, dict):
            found |= {name: str(value) for name, value in own.items()}
        return found

    def place_command(self, command: Command) -> Position:
        """Return where a command stands in the file."""
        return self.place_line(command.line, command.column)

    def place_line(self, line: int, column: int = 0) -> Position:
        """Return where a line of the script stands in the file."""
        document = self.node.document
        path = (*self.node.path, "run")
        scalar = document.scalars.get(path)
        if scalar is None:
            return self.position
        start = scalar.position
        if scalar.style == "|":
            number = start.line + 1 + line
            return Position(number, column + 1 + self.job.get_indent(start.line))
        if scalar.style == "" and line == 0:
            return Position(start.line, start.column + column)
        return start


@dataclass(eq=False)
class Budget:
    """How much of a file is looked through: rules compare commands with each other."""

    commands: int = MAX_COMMANDS
    steps: int = MAX_STEPS
    is_exceeded: bool = False

    def take(self, script: Script) -> Script:
        """Return a script with as many commands as are left."""
        kept = script.commands[: self.commands]
        self.commands -= len(kept)
        if len(kept) == len(script.commands):
            return script
        self.is_exceeded = True
        return replace(script, commands=kept)


@dataclass(eq=False)
class Job:
    """A job, or the `runs` of a composite action, with its steps."""

    id: str
    node: Node
    document: YamlDocument
    lines: list[str] = field(default_factory=list, repr=False)
    is_action: bool = False
    budget: Budget = field(default_factory=Budget, repr=False)
    action_budget: Budget = field(default_factory=Budget, repr=False)
    steps: list[Step] = field(default_factory=list)

    @property
    def position(self) -> Position:
        """Where the job begins."""
        return self.node.position

    @property
    def uses(self) -> str:
        """The workflow that it calls."""
        return self.node.get_text("uses")

    @property
    def condition(self) -> str:
        """Its `if` as one line."""
        return " ".join(self.node.get_text("if").split())

    @cached_property
    def needs(self) -> list[str]:
        """The jobs that it waits for."""
        return self.node.get("needs").list_texts()

    @cached_property
    def default_shell(self) -> str:
        """The shell of `defaults.run`, or that of a runner of Windows."""
        top = Node(self.document, (), self.document.data)
        for owner in (self.node, top):
            shell = owner.get("defaults").get("run").get_text("shell")
            if shell:
                return shell
        if "windows" in str(self.node.get("runs-on").value):
            return "pwsh"
        return ""

    @cached_property
    def env(self) -> dict[str, str]:
        """The variables of the workflow and the job."""
        found: dict[str, str] = {}
        top = Node(self.document, (), self.document.data)
        for owner in (top, self.node):
            own = owner.get("env").value
            if isinstance(own, dict):
                found |= {name: str(value) for name, value in own.items()}
        return found

    @property
    def matrix(self) -> Node:
        """Its matrix; of value None where it has none."""
        return self.node.get("strategy").get("matrix")

    @property
    def is_matrix(self) -> bool:
        """Whether it may run several times in one run."""
        value = self.matrix.value
        if not isinstance(value, dict):
            return bool(value)
        for name, items in value.items():
            if name != "exclude" and not (isinstance(items, list) and len(items) <= 1):
                return True
        return False

    @property
    def labels(self) -> str:
        """What it runs on, as one text."""
        return str(self.node.get("runs-on").value or "")

    def get_line(self, number: int) -> str:
        """Return a line of the file, counted from 1; "" beyond its end."""
        if 0 < number <= len(self.lines):
            return self.lines[number - 1]
        return ""

    def get_indent(self, header_line: int) -> int:
        """Return the indentation of the block that follows a `run: |`."""
        for number in range(header_line + 1, header_line + 1 + _MAX_BLANK_LINES):
            line = self.get_line(number)
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return 0


def parse_uses(uses: str, line: str) -> ActionRef | None:
    """Parse `uses`; None for local actions, images and what is none.

    `line` is the line of the file that it stands in: a comment may name the version.
    """
    match = _USES.match(uses.strip())
    if match is None:
        return None
    major = re.match(r"v?(\d+)(?:\.|$)", match["ref"])
    number = 0
    if major is not None and len(major[1]) <= _MOST_DIGITS:
        number = int(major[1])
    elif re.fullmatch(r"[0-9a-f]{40}", match["ref"]):
        number = _read_commented_version(line)
    return ActionRef(match["name"].lower(), match["ref"], number)


def read_jobs(document: YamlDocument) -> list[Job]:
    """Read the jobs of a workflow, or the one that a composite action amounts to."""
    top = Node(document, (), document.data)
    lines = document.text.split("\n")
    budget = Budget()
    found = []
    jobs = top.get("jobs")
    if isinstance(jobs.value, dict):
        for job_id, value in jobs.value.items():
            if isinstance(value, dict):
                node = Node(document, ("jobs", job_id), value)
                found.append(Job(str(job_id), node, document, lines, budget=budget))
    elif isinstance(top.get("runs").value, dict):
        found.append(Job("runs", top.get("runs"), document, lines, is_action=True))
    for job in found[:MAX_JOBS]:
        job.steps += _read_steps(job)
    budget.is_exceeded = budget.is_exceeded or len(found) > MAX_JOBS
    return found[:MAX_JOBS]


def _read_steps(job: Job) -> list[Step]:
    steps = job.node.get("steps")
    found: list[Step] = []
    if not isinstance(steps.value, list):
        return found
    for index, value in enumerate(steps.value):
        if isinstance(value, dict):
            node = Node(job.document, (*steps.path, index), value)
            found.append(Step(node, index, job))
    kept = found[: job.budget.steps]
    job.budget.steps -= len(kept)
    if len(kept) < len(found):
        job.budget.is_exceeded = True
    return kept


def _read_commented_version(line: str) -> int:
    """Return the major of `uses: x@<commit> # v4.1`, 0 where there is no comment."""
    match = _COMMENT_VERSION.search(line)
    if match is None:
        return 0
    return int(match[1])
