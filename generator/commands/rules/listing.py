"""`wfgen rules`: what `wfgen check` looks for."""

from __future__ import annotations

import json

import click

from ...checks.registry import RULES
from ...checks.rules.base import Rule
from ...terminal import show


@click.command("rules")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(as_json: bool) -> None:
    """List the rules of wfgen's own, with what breaking them means."""
    if as_json:
        show(json.dumps([_describe(rule) for rule in RULES], indent=2))
        return
    width = max(len(rule.id) for rule in RULES)
    for rule in RULES:
        show(f"{rule.id:<{width}}  {rule.severity:<12} {rule.title}")


def _describe(rule: Rule) -> dict[str, str]:
    return {
        "id": rule.id,
        "family": rule.family,
        "severity": str(rule.severity),
        "title": rule.title,
        "docs": rule.docs,
        "before": rule.before,
        "after": rule.after,
    }
