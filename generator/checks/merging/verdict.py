"""One verdict: what all tools found, merged by place and meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...findings import Finding, Severity
from ..external.meanings import Scope, get_meaning, get_scope, is_harmful
from ..state.model import StateModel

# Whose words are shown where several found the same.
_ORDER = ("state", "yaml", "schema", "information", "zizmor", "jactionlint", "act")
_CANNOT_RUN = "cannot-run"
_WRONG_DEPTH = "wrong-depth"
# The rule of a finding that says where a tool was stopped.
CUT_OFF = "cut-off"
_UNKNOWN = frozenset({CUT_OFF, "broke"})


def merge_findings(
    findings: Iterable[Finding], models: Mapping[Path, StateModel]
) -> list[Finding]:
    """Merge what means the same at the same place, and drop what would do harm.

    `models` says of each file what it does with state.
    """
    groups: dict[tuple[Path, str, int], list[Finding]] = {}
    for finding in findings:
        model = models.get(finding.path)
        if model is not None and _does_harm(finding, model):
            continue
        meaning = get_meaning(finding)
        key = (finding.path, meaning, _find_place(finding, meaning, model))
        groups.setdefault(key, []).append(finding)
    _fold_act(groups)
    _fold_depth(groups, models)
    return list(map(_merge, groups.values()))


def is_writer(model: StateModel) -> bool:
    """Whether a workflow keeps state that a cancelled run would lose."""
    if model.pushes or model.release_saves:
        return True
    if any(cache.saves and cache.is_state for cache in model.caches):
        return True
    return any(model.is_kept(save) for save in model.uploads)


def _does_harm(finding: Finding, model: StateModel) -> bool:
    return is_harmful(finding, writes=is_writer(model), pushes=bool(model.pushes))


def _find_place(finding: Finding, meaning: str, model: StateModel | None) -> int:
    """Return the line that stands for the place, 0 for the whole file."""
    scope = get_scope(meaning)
    if scope is Scope.FILE:
        return 0
    if scope is Scope.LINE or model is None:
        return finding.line
    starts = [0]
    for job in model.jobs:
        starts.append(job.position.line)
        if scope is Scope.STEP:
            starts += [step.position.line for step in job.steps]
    return max(start for start in starts if start <= finding.line)


def _fold_act(groups: dict[tuple[Path, str, int], list[Finding]]) -> None:
    """Leave act's own words out where others refuse the file, too."""
    broken = {path for path, meaning, _ in groups if meaning in {"schema", "syntax"}}
    for key in [key for key in groups if key[1] == _CANNOT_RUN]:
        if key[0] in broken:
            del groups[key]


def _fold_depth(
    groups: dict[tuple[Path, str, int], list[Finding]],
    models: Mapping[Path, StateModel],
) -> None:
    """Leave out what the schema says of a step whose inputs stand at the wrong depth."""
    steps = set()
    for path, meaning, line in groups:
        if meaning == _WRONG_DEPTH:
            steps.add((path, _find_start(models[path], line)))
    for path, meaning, line in list(groups):
        if meaning not in {"schema", "duplicate-key"} or path not in models:
            continue
        if (path, _find_start(models[path], line)) in steps:
            del groups[path, meaning, line]


def _find_start(model: StateModel, line: int) -> int:
    """Return the line at which the step around a line begins."""
    start = 0
    for job in model.jobs:
        for step in job.steps:
            if step.position.line <= line:
                start = max(start, step.position.line)
    return start


def _merge(group: Sequence[Finding]) -> Finding:
    """Return one finding for several of one meaning; the first place, the worst severity."""
    ordered = sorted(group, key=lambda item: (_rank(item), item.line, item.column))
    first = ordered[0]
    tools = tuple(dict.fromkeys(item.tool for item in ordered))
    severity = min(group, key=lambda item: item.severity.rank).severity
    # A rule of ours knows more of the place than the level of another tool.
    if first.tool == "state":
        severity = first.severity
    lines = set(map(_get_line, group))
    message = first.message
    if len(lines) > 1:
        message = f"{message} (and {_count_others(lines)})"
    return first._replace(tools=tools, severity=severity, message=message)


def _get_line(finding: Finding) -> int:
    return finding.line


def _rank(finding: Finding) -> int:
    if finding.tool in _ORDER:
        return _ORDER.index(finding.tool)
    return len(_ORDER)


def _count_others(lines: set[int]) -> str:
    number = len(lines) - 1
    if number == 1:
        return "1 line more"
    return f"{number} lines more"


def select_findings(
    findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]
) -> list[Finding]:
    """Keep what `select` names, all where it is empty, without what `ignore` names.

    A name is that of a rule, a tool or a severity.
    """
    kept = []
    for finding in findings:
        names = {finding.rule, finding.tool, *finding.tools, str(finding.severity)}
        if select and names.isdisjoint(select):
            continue
        if names.isdisjoint(ignore):
            kept.append(finding)
    return kept


def is_shown(finding: Finding) -> bool:
    """Whether a finding is shown without --all: breaks, loses state, insecure.

    That a tool was stopped is always said: what it would have found is not known.
    """
    return finding.severity.rank <= Severity.INSECURE.rank or finding.rule in _UNKNOWN


def clean_message(text: str) -> str:
    """Return a message in one line."""
    return re.sub(r"\s+", " ", text)
