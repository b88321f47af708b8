"""`wfgen explain RULE`: what happens on GitHub, and how to mend it."""

from __future__ import annotations

import textwrap

import click

from ...checks.registry import RULES
from ...checks.rules.base import Rule
from ...errors import SettingsError
from ...terminal import show

_WIDTH = 88


@click.command("explain")
@click.argument("rule_id", metavar="RULE")
def command(rule_id: str) -> None:
    """Tell what happens on GitHub where RULE is broken, and how to mend it."""
    for rule in RULES:
        if rule.id == rule_id:
            show(explain_rule(rule))
            return
    near = [rule.id for rule in RULES if rule_id in rule.id]
    hint = "`wfgen rules` lists them"
    if near:
        hint = f"there is {', '.join(near)}; {hint}"
    raise SettingsError(f"no rule is called {rule_id}", hint=hint)


def explain_rule(rule: Rule) -> str:
    """Return the page about a rule."""
    parts = [
        f"{rule.id} ({rule.severity})",
        rule.title,
        "",
        textwrap.fill(rule.docs, _WIDTH, break_on_hyphens=False),
    ]
    if rule.before:
        parts += ["", "Before:", "", textwrap.indent(rule.before, "    ")]
    if rule.after:
        parts += ["", "After:", "", textwrap.indent(rule.after, "    ")]
    parts += ["", f"To leave one out: # wfgen: ignore[{rule.id}] the reason"]
    return "\n".join(parts)
