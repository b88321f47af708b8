"""What findings of other tools mean, in our severities, and which of them mean the same.

The key of most rows is the tool's own name for a rule; a tool's own level says nothing of
what a fault does to the owner of a workflow (jactionlint calls a missing timeout an error).
"""

from __future__ import annotations

from enum import Enum, auto

from ...findings import Finding, Severity


class Scope(Enum):
    """How far a fault reaches: two tools name different lines of the same step or job."""

    LINE = auto()
    STEP = auto()
    JOB = auto()
    FILE = auto()


# Names of other tools for what one of ours, or of the first tool, is called.
_SAME = {
    "pipeline-without-pipefail": "pipe-hides-failure",
    "missing-permissions": "excessive-permissions",
    "outdated-action-runner": "dead-majors",
    "deprecated-node-runtime": "dead-majors",
    "cron-too-frequent": "cron-rejected",
    "invalid-cron": "cron-rejected",
    "unsound-condition": "if-always-true",
    "insufficient-permissions": "no-contents-write",
    "workflow-syntax": "schema",
    "languageserver": "schema",
    "unpinned-tools": "unpinned-uses",
    "timeout": "missing-timeout",
}
# GitHub refuses the file, or the step cannot succeed.
_BREAKS = frozenset(
    {
        "workflow-syntax",
        "action-syntax",
        "expression-syntax",
        "context-availability",
        "cyclic-job-needs",
        "duplicate-job-id",
        "duplicate-step-id",
        "invalid-cron",
        "invalid-function-call",
        "invalid-id",
        "invalid-uses",
        "invalid-workflow-call",
        "invalid-permissions",
        "missing-workflow-input",
        "missing-workflow-secret",
        "merge-key",
        "undefined-job",
        "undefined-needs",
        "gh-without-token",
        "missing-action-input",
        "shell-syntax",
        "github-script-syntax",
        "local-action-checkout",
        "outdated-action-runner",
        "concurrency-deadlock",
        "insufficient-permissions",
        "insecure-commands",
    }
)
_INSECURE = frozenset(
    {
        "template-injection",
        "github-env",
        "hardcoded-container-credentials",
        "bot-conditions",
        "known-vulnerable-actions",
        "impostor-commit",
        "untrusted-artifact",
        "untrusted-checkout",
        "invisible-characters",
        "overprovisioned-secrets",
        "unredacted-secrets",
        "agentic-actions",
        "ref-confusion",
        "typosquat-uses",
    }
)
_STYLE = frozenset(
    {
        "missing-timeout",
        "anonymous-definition",
        "concurrency-limits",
        "undocumented-permissions",
        "self-repository",
        "superfluous-actions",
        "unused-job-output",
        "obfuscation",
        "misfeature",
        "duplicate-triggers",
        "deprecated-action-input",
        "constant-condition",
        "stale-action-refs",
        "use-trusted-publishing",
        "max-run-lines",
    }
)
_SCOPES = {
    "unpinned-uses": Scope.FILE,
    "missing-timeout": Scope.FILE,
    "anonymous-definition": Scope.FILE,
    "undocumented-permissions": Scope.FILE,
    "excessive-permissions": Scope.FILE,
    "concurrency-limits": Scope.FILE,
    "dangerous-triggers": Scope.FILE,
    "dead-majors": Scope.FILE,
    "secrets-inherit": Scope.FILE,
    "self-repository": Scope.FILE,
    "artipacked": Scope.FILE,
    "unpinned-images": Scope.FILE,
    "superfluous-actions": Scope.STEP,
    "github-app": Scope.STEP,
    "cache-poisoning": Scope.STEP,
    "adhoc-packages": Scope.STEP,
    "pipe-hides-failure": Scope.STEP,
    "no-contents-write": Scope.JOB,
}
# Advice about concurrency and credentials that costs a writer of state its state.
_HARMFUL_TO_WRITERS = frozenset({"concurrency-limits", "concurrency-cancels-prs"})
CREDENTIALS = "artipacked"


def get_meaning(finding: Finding) -> str:
    """Return what a fault is called here, whoever found it."""
    return _SAME.get(finding.rule, finding.rule)


def get_scope(meaning: str) -> Scope:
    """Return how far a fault of this meaning reaches."""
    return _SCOPES.get(meaning, Scope.LINE)


def judge_other(rule: str, *, is_certain: bool) -> Severity:
    """Return the severity of another tool's rule.

    `is_certain` says whether the tool itself calls it severe and is sure of it; without
    that, what may be insecure is fragile.
    """
    if rule in _BREAKS:
        return Severity.BREAKS
    if rule in _INSECURE and is_certain:
        return Severity.INSECURE
    if rule in _STYLE:
        return Severity.STYLE
    return Severity.FRAGILE


def is_harmful(finding: Finding, *, writes: bool, pushes: bool) -> bool:
    """Whether to follow a finding would lose state that a file keeps.

    What is to be said of groups of writers, `no-writer-group` says.
    """
    if finding.rule in _HARMFUL_TO_WRITERS:
        return writes
    # Without the credential that checkout leaves, `git push` has none.
    return finding.rule == CREDENTIALS and pushes
