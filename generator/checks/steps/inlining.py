"""Steps of a repository's own composite actions, where a workflow uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

from ...workflow.nodes import Node
from ...workflow.source import Position, YamlDocument
from .jobs import ActionRef, Budget, Job, Step, parse_uses

LOCAL = "./"
# An action may use another; GitHub allows ten levels.
MAX_DEPTH = 4
# Of one job, with what its actions bring in.
MAX_STEPS = 500
FindAction: TypeAlias = Callable[[str], YamlDocument | None]
_INPUT = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")


class InlinedStep(Step):
    """A step of an action; it stands where the action is used."""

    is_inlined = True

    def __init__(self, node: Node, call: Step) -> None:
        super().__init__(node, call.index, call.job)
        self._call = call

    @property
    def position(self) -> Position:
        """Where the action is used."""
        return self._call.position

    @property
    def budget(self) -> Budget:
        """What is left to look at: an action is also looked at by itself."""
        return self.job.action_budget

    @cached_property
    def condition(self) -> str:
        """Both conditions, its own and that of the step that uses the action."""
        own = super().condition
        conditions = [text for text in (self._call.condition, own) if text]
        return " && ".join(conditions)

    @cached_property
    def goes_on_after_failure(self) -> bool:
        """Whether either step goes on."""
        return super().goes_on_after_failure or self._call.goes_on_after_failure

    @cached_property
    def action(self) -> ActionRef | None:
        """The action it uses."""
        return parse_uses(self.node.get_text("uses"), "")

    def place_input(self, _name: str) -> Position:
        """Return where the action is used."""
        return self._call.position

    def place_line(self, _line: int, _column: int = 0) -> Position:
        """Return where the action is used."""
        return self._call.position


def inline_actions(job: Job, find_action: FindAction) -> None:
    """Put the steps of a job's local actions behind the steps that use them."""
    expander = _Expander(find_action)
    for step in job.steps:
        expander.add(step, ())
    for index, step in enumerate(expander.steps):
        step.index = index
    job.steps = expander.steps


class _Expander:
    """Collects steps, and what their actions bring in up to a bound."""

    def __init__(self, find_action: FindAction) -> None:
        self._find_action = find_action
        self.steps: list[Step] = []

    def add(self, step: Step, within: tuple[str, ...]) -> None:
        """Add a step; `within` are the actions that it is part of."""
        self.steps.append(step)
        uses = step.node.get_text("uses")
        if not uses.startswith(LOCAL) or uses in within or len(within) >= MAX_DEPTH:
            return
        document = self._find_action(uses)
        if document is None or len(self.steps) > MAX_STEPS:
            return
        values = _read_inputs(step, document)
        top = Node(document, (), _fill_in(document.mapping, values))
        steps = top.get("runs").get("steps")
        if not isinstance(steps.value, list):
            return
        for index, value in enumerate(steps.value[:MAX_STEPS]):
            if isinstance(value, dict):
                node = Node(document, (*steps.path, index), value)
                self.add(InlinedStep(node, step), (*within, uses))


def _read_inputs(step: Step, document: YamlDocument) -> dict[str, str]:
    """Return the value of each input: what the step hands over, else its default."""
    values = {}
    inputs = Node(document, (), document.mapping).get("inputs")
    if isinstance(inputs.value, dict):
        for name in inputs.value:
            values[str(name)] = inputs.get(name).get_text("default")
    given = step.node.get("with")
    if isinstance(given.value, dict):
        for name in given.value:
            values[str(name)] = given.get_text(name)
    return values


def _fill_in(value: object, values: dict[str, str]) -> object:
    """Put values in the place of `${{ inputs.name }}` everywhere."""
    if isinstance(value, str):
        return _INPUT.sub(lambda match: values.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {key: _fill_in(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_in(item, values) for item in value]
    return value
