"""Every rule of ours and every program that checks workflows: a row each, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..findings import Finding, Severity
from ..workflow.source import YamlDocument
from .external import act, jactionlint, languageserver, zizmor
from .external.tool import Tool
from .rules.artifacts import (
    duplicate_artifact_name,
    empty_upload,
    hidden_files,
    restore_no_run_id,
    restore_untrusted,
    retention_below_gap,
    retention_out_of_range,
    run_id_no_token,
    split_state_restore,
    unbound_workflow_run_artifact,
)
from .rules.base import STATE, Rule, Stage, Subject
from .rules.caches import (
    cache_always,
    cache_evicted,
    cache_key_no_attempt,
    cache_reader_freezes,
    cache_saved_twice,
    fixed_cache_key,
)
from .rules.circle import never_saved, saved_other_path, write_only_state
from .rules.failures import (
    curl_no_fail,
    dead_exit_check,
    failed_result_saved,
    hidden_restore_failure,
    missing_state_as_first_run,
    pipe_hides_failure,
    save_without_success,
)
from .rules.git import (
    add_all_with_state,
    matrix_push,
    no_contents_write,
    push_no_rebase,
    push_swallowed,
    rebase_swallowed,
    retry_ends_green,
    self_trigger,
    shared_minute_writers,
)
from .rules.information import actions_read, busy_minute, schedule_switched_off
from .rules.runs import (
    cancel_in_progress_writer,
    cron_rejected,
    dead_majors,
    no_writer_group,
    progress_before_work,
    state_on_pull_request,
    timeout_over_limit,
    untrusted_code_writes_state,
)
from .rules.structure import wrong_depth
from .structure import STRUCTURE_RULES, is_rendered, run_stages

RULES: tuple[Rule, ...] = (
    *STRUCTURE_RULES,
    push_no_rebase.RULE,
    push_swallowed.RULE,
    retry_ends_green.RULE,
    rebase_swallowed.RULE,
    no_contents_write.RULE,
    matrix_push.RULE,
    shared_minute_writers.RULE,
    self_trigger.RULE,
    add_all_with_state.RULE,
    pipe_hides_failure.RULE,
    save_without_success.RULE,
    hidden_restore_failure.RULE,
    missing_state_as_first_run.RULE,
    curl_no_fail.RULE,
    failed_result_saved.RULE,
    dead_exit_check.RULE,
    write_only_state.RULE,
    never_saved.RULE,
    saved_other_path.RULE,
    restore_no_run_id.RULE,
    run_id_no_token.RULE,
    restore_untrusted.RULE,
    unbound_workflow_run_artifact.RULE,
    hidden_files.RULE,
    empty_upload.RULE,
    retention_below_gap.RULE,
    retention_out_of_range.RULE,
    duplicate_artifact_name.RULE,
    split_state_restore.RULE,
    fixed_cache_key.RULE,
    cache_saved_twice.RULE,
    cache_evicted.RULE,
    cache_reader_freezes.RULE,
    cache_always.RULE,
    cache_key_no_attempt.RULE,
    cancel_in_progress_writer.RULE,
    state_on_pull_request.RULE,
    timeout_over_limit.RULE,
    no_writer_group.RULE,
    untrusted_code_writes_state.RULE,
    cron_rejected.RULE,
    dead_majors.RULE,
    progress_before_work.RULE,
    wrong_depth.RULE,
    busy_minute.RULE,
    actions_read.RULE,
    schedule_switched_off.RULE,
)
TOOLS: tuple[Tool, ...] = (
    act.TOOL,
    zizmor.TOOL,
    jactionlint.TOOL,
    languageserver.TOOL,
)
DEFAULT_TOOLS: tuple[Tool, ...] = tuple(tool for tool in TOOLS if tool.is_default)


def run_rules(
    document: YamlDocument,
    rules: Sequence[Rule] = RULES,
    subject: Subject | None = None,
) -> list[Finding]:
    """Return the findings of our own rules in one file, stage after stage.

    `subject`, where it is given, knows the repository around the file.
    """
    if subject is None:
        subject = Subject(document)
    findings = run_stages(subject, rules)
    if not document.is_readable or not document.mapping:
        return findings
    rendered = is_rendered(document)
    for rule in rules:
        # Rules about settings speak where a setting can be changed.
        if rule.stage is Stage.STATE and not (rendered and rule.of_settings):
            findings += rule.check(subject)
    if subject.state.is_cut_off:
        findings.append(_describe_cut_off(document))
    return findings


def _describe_cut_off(document: YamlDocument) -> Finding:
    return Finding(
        document.path,
        1,
        1,
        STATE,
        "cut-off",
        Severity.FRAGILE,
        "too many steps or commands: rules about state looked at the first ones alone",
    )


def list_families(rules: Iterable[Rule]) -> list[str]:
    """Return the families of rules, each once; reading a file is no check of its own."""
    families = []
    for rule in rules:
        if rule.stage is not Stage.TEXT and rule.family not in families:
            families.append(rule.family)
    return families
