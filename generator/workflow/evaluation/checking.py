"""Expressions of a workflow that GitHub refuses, with place and reason.

act has its own checks, which tell neither in GitHub's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...errors import WorkflowProblemError
from ..expressions import replace_expressions
from ..model import Workflow
from ..source import NodePath
from .evaluator import ExpressionError, Scope, evaluate

# docs.github.com, "Contexts reference".
_CONTEXTS = (
    "github",
    "env",
    "vars",
    "job",
    "jobs",
    "steps",
    "runner",
    "secrets",
    "strategy",
    "matrix",
    "needs",
    "inputs",
)
# Faults of the text itself; others depend on values, which only the run knows.
_FAULTS = ("Unrecognized", "Unexpected", "An expression", "Exceeded", "Too few")


def _return_nothing(*_: object) -> str:
    return ""


_FUNCTIONS: Mapping[str, Callable[..., object]] = dict.fromkeys(
    ("success", "failure", "cancelled", "always", "hashfiles"), _return_nothing
)
_SCOPE = Scope({name: {} for name in _CONTEXTS}, _FUNCTIONS)


def check_expressions(workflow: Workflow) -> None:
    """Raise WorkflowProblemError with every expression of a job that is none."""
    problems = []
    for path, text in _iter_texts(workflow.document.mapping["jobs"], ("jobs",)):
        for reason in _find_faults(path, text):
            place = workflow.document.get_position(path)
            problems.append(
                f"The workflow is not valid. {workflow.path} "
                f"(Line: {place.line}, Col: {place.column}): {reason}"
            )
    if problems:
        raise WorkflowProblemError("\n       ".join(dict.fromkeys(problems)))


def _iter_texts(value: object, path: NodePath) -> Iterator[tuple[NodePath, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _iter_texts(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _iter_texts(item, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _find_faults(path: NodePath, text: str) -> list[str]:
    expressions: list[str] = []

    def keep(expression: str) -> str:
        expressions.append(expression)
        return ""

    replace_expressions(text, lambda match: keep(match[1]))
    is_condition = path[-1] == "if" and len(path) in {3, 5}  # of a job, of a step
    if is_condition and not expressions and text.strip():
        expressions.append(text)
    faults = []
    for expression in expressions:
        try:
            evaluate(expression, _SCOPE)
        except ExpressionError as error:
            if str(error).startswith(_FAULTS):
                faults.append(str(error))
    return faults
