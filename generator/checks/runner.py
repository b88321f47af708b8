"""Every check over a set of files, in one list."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ToolCutOffError, ToolFailedError
from ..findings import Finding, Severity
from ..process import Runner, find_tool
from ..workflow.files import is_action
from .external.tool import Tool, ToolCall
from .merging.verdict import CUT_OFF, merge_findings
from .registry import DEFAULT_TOOLS, RULES, TOOLS, list_families, run_rules
from .repository import Repository
from .rules.base import Rule
from .state.model import StateModel
from .structure import STRUCTURE_FAMILIES

# What the tools get of our environment: enough to start, nothing secret.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "SYSTEMROOT")
# The rule of a finding that says where a tool broke.
BROKE = "broke"
# A key that is quoted can be as long as its file.
_MAX_MESSAGE = 1_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of it.

    The findings in order of place, who looked, which tools are not installed and which
    broke or could not look at a file. `texts` are the files that could be read.
    """

    files: tuple[Path, ...]
    findings: tuple[Finding, ...]
    ran: tuple[str, ...]
    missing: tuple[Tool, ...]
    broken: tuple[ToolFailedError, ...]
    texts: Mapping[Path, str] = field(default_factory=dict)


@dataclass(slots=True)
class _ToolReport:
    """What came of one tool."""

    tool: Tool
    is_missing: bool = False
    findings: list[Finding] = field(default_factory=list)
    broken: list[ToolFailedError] = field(default_factory=list)


class _Collector:
    """Runs rules and tools, and gathers what they come back with."""

    def __init__(self, root: Path, runner: Runner, env: Mapping[str, str]) -> None:
        self._root = root
        self._runner = runner
        self._env = {name: env[name] for name in _PASSED_ON if env.get(name)}
        # zizmor crashes for a user who has none, as in a container without a name.
        self._env.setdefault("HOME", os.sep)
        self._repository = Repository(root)
        self.texts: dict[Path, str] = {}
        self.models: dict[Path, StateModel] = {}
        self.findings: list[Finding] = []
        self.ran: list[str] = []
        self.missing: list[Tool] = []
        self.broken: list[ToolFailedError] = []

    def find_invalid(self, files: Iterable[Path], rules: Sequence[Rule]) -> list[Path]:
        """Run our own rules, and return the files that GitHub would not take."""
        invalid = []
        for file in files:
            subject = self._repository.open_file(file)
            findings = run_rules(subject.document, rules, subject)
            self.findings += findings
            if any(finding.rule == CUT_OFF for finding in findings):
                message = (
                    "rules about state looked at the first steps and commands alone"
                )
                self.broken.append(ToolCutOffError(f"{message} of {file}"))
            if any(finding.tool in STRUCTURE_FAMILIES for finding in findings):
                invalid.append(file)
            path = _shorten_path(file, self._root.absolute())
            self.texts[path] = subject.document.text
            if subject.document.mapping:
                self.models[path] = subject.state
        return invalid

    def run_tools(self, tools: Sequence[Tool], files: Sequence[Path]) -> None:
        """Run tools side by side over files, of which there may be none."""
        # Threads that wait for a program each; reports come back in the order of tools.
        with ThreadPoolExecutor(max_workers=max(1, len(tools))) as pool:
            for report in pool.map(lambda tool: self._run_tool(tool, files), tools):
                self.findings += report.findings
                self.broken += report.broken
                if report.is_missing:
                    self.missing.append(report.tool)
                elif not report.broken:
                    self.ran.append(report.tool.name)

    def _run_tool(self, tool: Tool, files: Sequence[Path]) -> _ToolReport:
        report = _ToolReport(tool)
        if not tool.reads_actions:
            files = [file for file in files if not is_action(file)]
        program = find_tool(tool.name)
        if program is None:
            report.is_missing = True
        elif files:
            call = ToolCall(program, self._root, self._runner, self._env)
            _fill_report(report, call, files)
        return report


def _fill_report(report: _ToolReport, call: ToolCall, files: Sequence[Path]) -> None:
    """Look at files; where the tool is cut off or breaks at several, at each half.

    A file that breaks it costs a call for each halving, not one for each of its neighbours.
    """
    try:
        report.findings += report.tool.check(call, files)
    except ToolFailedError as error:
        if len(files) == 1:
            report.broken.append(_name_file(error, files[0]))
            report.findings.append(_describe_failure(report.tool, files[0], error))
            return
        if not isinstance(error, ToolCutOffError) and _is_at_fault(report, call, files):
            report.broken.append(error)
            return
        middle = len(files) // 2
        _fill_report(report, call, files[:middle])
        _fill_report(report, call, files[middle:])


def _is_at_fault(report: _ToolReport, call: ToolCall, files: Sequence[Path]) -> bool:
    """Whether a tool breaks at the first and at the last file: at none of them, then."""
    for file in (files[0], files[-1]):
        apart = _ToolReport(report.tool)
        _fill_report(apart, call, [file])
        if not apart.broken:
            return False
    return True


def _name_file(error: ToolFailedError, file: Path) -> ToolFailedError:
    if isinstance(error, ToolCutOffError):
        return ToolCutOffError(f"{error.message} on {file}")
    return ToolFailedError(f"{file}: {error.message}")


def _describe_failure(tool: Tool, file: Path, error: ToolFailedError) -> Finding:
    rule, advice = BROKE, "report it to its makers with this file"
    if isinstance(error, ToolCutOffError):
        rule, advice = (
            CUT_OFF,
            "`wfgen check --timeout SECONDS` gives each tool more time",
        )
    return Finding(
        file,
        1,
        1,
        tool.name,
        rule,
        Severity.FRAGILE,
        f"{error.message}: what it would have found here is not known",
        advice,
    )


def check_files(  # noqa: PLR0913 - what it reaches outside for is handed in
    files: Sequence[Path],
    root: Path,
    runner: Runner,
    env: Mapping[str, str],
    only: Collection[str] = (),
    *,
    rules: Sequence[Rule] = RULES,
    tools: Sequence[Tool] = DEFAULT_TOOLS,
) -> CheckResult:
    """Check files (relative to `root` or absolute) by every rule, and by `tools`.

    What several say of one place is one finding. With `only`, the findings are those of
    the tools that it names, as they are. Files that GitHub would not take go no further:
    what tools say of them adds nothing, and zizmor passes over them. A tool that breaks
    hides nothing of what the others found; one that broke or was cut off at a file is a
    finding there, and among those that broke.
    """
    collector = _Collector(root, runner, env)
    invalid = collector.find_invalid(files, rules)
    valid = [file for file in files if file not in invalid]
    if only:
        collector.findings.clear()
        _run_chosen_tools(collector, only, files, valid)
    else:
        collector.ran += list_families(rules)
        collector.run_tools(tools, valid)
    findings = _trim_findings(collector.findings, root)
    if not only:
        findings = merge_findings(findings, collector.models)
    return CheckResult(
        tuple(files),
        tuple(sorted(findings, key=_get_order)),
        tuple(collector.ran),
        tuple(collector.missing),
        tuple(collector.broken),
        collector.texts,
    )


def _run_chosen_tools(
    collector: _Collector,
    only: Collection[str],
    files: Sequence[Path],
    valid: Sequence[Path],
) -> None:
    """Run tools without our own rules before them: each file needs an answer from each."""
    invalid = [file for file in files if file not in valid]
    for tool in TOOLS:
        if tool.name not in only:
            continue
        if tool.reports_syntax or not invalid:
            collector.run_tools([tool], files)
            continue
        collector.broken.append(_refuse_files(tool, invalid))
        if valid:
            collector.run_tools([tool], valid)


def _refuse_files(tool: Tool, files: Iterable[Path]) -> ToolFailedError:
    listed = ", ".join(map(str, files))
    return ToolFailedError(
        f"{tool.name} does not look at what is no workflow: {listed} "
        "(`wfgen check` without --only shows why)"
    )


def _trim_findings(findings: Iterable[Finding], root: Path) -> list[Finding]:
    """Return them by place, each once, with paths as short as they go."""
    shortened = {_trim_finding(finding, root.absolute()) for finding in findings}
    return sorted(shortened, key=_get_order)


def _get_order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    return (
        str(finding.path),
        finding.line,
        finding.column,
        finding.tool,
        finding.rule,
        finding.message,
    )


def _trim_finding(finding: Finding, root: Path) -> Finding:
    path = _shorten_path(finding.path, root)
    message = re.sub(r"\s+", " ", finding.message[:_MAX_MESSAGE])
    return finding._replace(path=path, message=message)


def _shorten_path(path: Path, root: Path) -> Path:
    if path.is_relative_to(root):
        return path.relative_to(root)
    return path
