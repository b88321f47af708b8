"""What an `if` says, as far as rules ask: after failures too, for which events, of whom."""

from __future__ import annotations

import re

_AFTER_FAILURE = re.compile(r"\b(always|failure|cancelled)\s*\(\s*\)")
_EVENT = re.compile(
    r"github\.(event_name|ref\b|ref_name|ref_type|base_ref|head_ref|event\.(pull_request|"
    r"schedule|workflow_run|action|ref|inputs|repository))|inputs\.|needs\.|"
    r"outputs\.|env\.|vars\.|matrix\."
)
_OUTCOME = re.compile(r"steps\.([\w-]+)\.(outcome|conclusion)")
_SUCCESS = re.compile(
    r"(success\s*\(\s*\)|(outcome|conclusion)\s*==\s*'success'|outputs\.)"
)


def runs_after_failure(condition: str) -> bool:
    """Whether a step with this condition runs though an earlier one failed."""
    if _SUCCESS.search(condition):
        return False
    return bool(re.search(r"\balways\s*\(|!\s*cancelled\s*\(", condition))


def asks_for_success(condition: str) -> bool:
    """Whether a condition looks at how an earlier step ended."""
    return _SUCCESS.search(condition) is not None


def is_only_after_failure(condition: str) -> bool:
    """Whether a step runs only where something failed."""
    return bool(re.search(r"(?<!!)\bfailure\s*\(", condition))


def depends_on_event(condition: str) -> bool:
    """Whether a condition may keep some events, branches or results out."""
    return _EVENT.search(condition) is not None


def is_never(condition: str) -> bool:
    """Whether a step or job is switched off."""
    return condition in {"false", "${{ false }}"}


def list_outcomes(text: str) -> set[str]:
    """Return the ids of steps whose outcome is looked at."""
    return {match[1] for match in _OUTCOME.finditer(text)}


def is_after_failure(condition: str) -> bool:
    """Whether a condition names a status function other than success()."""
    return _AFTER_FAILURE.search(condition) is not None
