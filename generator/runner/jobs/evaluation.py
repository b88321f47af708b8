"""Values of a job's keys, with the expressions in them worked out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import WorkflowProblemError
from ...workflow.evaluation.evaluator import ExpressionError, Scope, evaluate
from ...workflow.evaluation.values import is_true, to_text
from ...workflow.expressions import replace_expressions
from .status import JobStatus

_WHOLE = re.compile(r"\s*\$\{\{((?:(?!\}\}).|'(?:[^']|'')*')*)\}\}\s*", re.DOTALL)
_STATUS_CALL = re.compile(
    r"\b(success|failure|cancelled|always)\s*\(\s*\)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Works out values by some contexts; `place` names the job in errors."""

    contexts: Mapping[str, object]
    place: str

    def evaluate(self, value: Any, key: str) -> Any:  # noqa: ANN401 - data of YAML
        """Return a value of YAML, with all in it worked out. Raises WorkflowProblemError."""
        if isinstance(value, Mapping):
            evaluated = {}
            for name, item in value.items():
                evaluated[self.evaluate_text(name, key)] = self.evaluate(item, key)
            return evaluated
        if isinstance(value, list):
            return [self.evaluate(item, key) for item in value]
        if not isinstance(value, str):
            return value
        scope = Scope(self.contexts, {})
        try:
            whole = _WHOLE.fullmatch(value)
            if whole:
                return evaluate(whole[1], scope)
            return replace_expressions(
                value, lambda match: to_text(evaluate(match[1], scope))
            )
        except ExpressionError as error:
            raise WorkflowProblemError(f"{self.place}, {key}: {error}") from error

    def evaluate_text(self, value: object, key: str) -> str:
        """Return a value as text."""
        return to_text(self.evaluate(value, key))

    def evaluate_flag(self, value: object, key: str) -> bool:
        """Return a truth value; nothing is false, as are the texts "false" and ""."""
        found = self.evaluate(value, key)
        if isinstance(found, str):
            return found.lower() == "true"
        return is_true(found)

    def evaluate_number(self, value: object, key: str, default: float) -> float:
        """Return a number, the default for nothing. Raises WorkflowProblemError."""
        found = self.evaluate(value, key)
        if found is None or found == "":
            return default
        try:
            return float(found)
        except (TypeError, ValueError) as error:
            raise WorkflowProblemError(
                f"{self.place}, {key}: {found!r} is no number"
            ) from error

    def test(self, condition: str, status: JobStatus) -> bool:
        """Whether the `if` of a job lets it start; without one all must have gone well.

        Raises WorkflowProblemError.
        """
        expression = condition.strip()
        whole = _WHOLE.fullmatch(expression)
        if whole:
            expression = whole[1].strip()
        if not expression:
            return status.success
        functions = {
            "success": lambda: status.success,
            "failure": lambda: status.failure,
            "cancelled": lambda: status.cancelled,
            "always": lambda: True,
        }
        try:
            is_met = is_true(evaluate(expression, Scope(self.contexts, functions)))
        except ExpressionError as error:
            raise WorkflowProblemError(f"{self.place}, if: {error}") from error
        if _STATUS_CALL.search(expression):
            return is_met
        return is_met and status.success
