"""Every check over a set of files, in one list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ToolFailedError
from ..findings import Finding, Severity
from ..process import Runner, find_tool
from ..workflow.source import YamlDocument, read_yaml
from . import schema
from .external_tools import TOOLS, Tool

# What the tools get of our environment: enough to start, nothing secret.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "SYSTEMROOT")
NAMES = (schema.TOOL, *(tool.name for tool in TOOLS))


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.

    The findings in order of place, which tools looked, which are not there and which
    broke.
    """

    files: tuple[Path, ...]
    findings: tuple[Finding, ...]
    ran: tuple[str, ...]
    missing: tuple[Tool, ...]
    broken: tuple[ToolFailedError, ...]


def check_files(
    files: Iterable[Path],
    root: Path,
    runner: Runner,
    env: Mapping[str, str],
    only: Collection[str] = (),
) -> Checked:
    """Check files (relative to `root` or absolute) with every tool, or with those of `only`.

    Files that are no YAML, or no workflows by the schema, go no further: what other
    tools say of them adds nothing, and zizmor refuses to look at them. A tool that
    breaks hides nothing of what the others found.
    """
    workflows = [read_yaml(root / file) for file in files]
    given = dict(zip((workflow.path for workflow in workflows), files, strict=True))
    findings: list[Finding] = []
    sound: list[Path] = []
    for workflow in workflows:
        faults = _own_faults(workflow)
        findings.extend(faults)
        if not faults:
            sound.append(given[workflow.path])
    ran, missing, broken = [schema.TOOL], [], []
    passed_on = {name: env[name] for name in _PASSED_ON if name in env}
    for tool in TOOLS:
        program = find_tool(tool.name) if not only or tool.name in only else None
        if program is not None:
            try:
                findings.extend(
                    tool.check(program, sound, root, runner, passed_on) if sound else ()
                )
                ran.append(tool.name)
            except ToolFailedError as error:
                broken.append(error)
        elif not only or tool.name in only:
            missing.append(tool)
    return Checked(
        tuple(given.values()),
        _in_order(findings, root),
        tuple(ran),
        tuple(missing),
        tuple(broken),
    )


def _own_faults(workflow: YamlDocument) -> list[Finding]:
    return [*workflow.findings, *schema.check(workflow)]


def _in_order(findings: Sequence[Finding], root: Path) -> tuple[Finding, ...]:
    """By place, with paths as short as they go."""
    shortened = (_relative(finding, root) for finding in findings)
    return tuple(
        sorted(
            set(shortened),
            key=lambda f: (str(f.path), f.line, f.column, f.tool, f.rule, f.message),
        )
    )


def _relative(finding: Finding, root: Path) -> Finding:
    path = finding.path
    if path.is_absolute() and path.is_relative_to(root.absolute()):
        path = path.relative_to(root.absolute())
    message = re.sub(r"\s+", " ", finding.message)
    return Finding(
        path,
        finding.line,
        finding.column,
        finding.tool,
        finding.rule,
        Severity(finding.severity),
        message,
        finding.hint,
    )
