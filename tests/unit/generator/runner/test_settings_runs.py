"""Every setting is seen in a run under act: which test shows it, or why a run cannot.

A test shows a setting when it sets it: its key stands in the test, or in a constant of
the file that the test uses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generator.config.options import OPTIONS

TESTS = Path(__file__).parents[3] / "integration"
PARTS = ("model", "data", "logs")
# File and test below tests/integration, by setting.
SHOWN_BY = {
    "name": "test_run_triggers.py::test_a_workflow_of_another_name_has_a_state_of_its_own",
    "workflow": "test_run_triggers.py::test_a_workflow_of_another_name_has_a_state_of_its_own",
    "branches": "test_run_triggers.py::test_other_branches_start_nothing_and_each_has_its_own_state",
    "iterations": "test_run_triggers.py::test_an_input_wins_over_a_variable_and_a_variable_over_the_setting",
    "retention": "test_run_artifacts.py::test_each_artifact_is_kept_its_own_time_and_then_gone",
    "python": "test_run_install.py::test_only_what_has_the_right_hash_is_installed",
    "runner": "test_run_rights.py::test_the_token_has_the_rights_of_the_settings_on_whatever_runner",
    "timeout": "test_run_timeouts.py::test_what_takes_longer_than_it_may_is_stopped",
    "environment": "test_run_rights.py::test_an_environment_gives_its_secrets_to_its_own_jobs_only",
    "concurrency": "test_run_concurrency.py::test_of_three_runs_at_once_each_has_its_turn",
    "permissions": "test_run_rights.py::test_the_token_has_the_rights_of_the_settings_on_whatever_runner",
    "store": "test_run_settings.py::test_state_in_a_store_is_carried_over_five_runs",
    "summary": "test_run_artifacts.py::test_without_summary_there_is_none",
    "templates_dir": "test_run_artifacts.py::test_a_template_of_ones_own_is_run",
    "workflows.ci": "test_run_workflows.py::test_ci_holds_the_rendered_files_to_the_settings",
    "workflows.keepalive": "test_run_workflows.py::test_keepalive_switches_on_what_inactivity_switched_off",
    **{
        f"ci.{part}": "test_run_workflows.py::test_ci_holds_the_rendered_files_to_the_settings"
        for part in ("lint", "test", "wfgen")
    },
    **{
        f"triggers.{trigger}": "test_run_triggers.py::test_a_trigger_that_is_off_starts_nothing"
        for trigger in ("push", "pull_request", "schedule", "dispatch")
    },
    "schedule.cron": "test_run_triggers.py::test_each_cron_line_starts_it",
    **{
        f"install.{part}": "test_run_install.py::test_only_what_has_the_right_hash_is_installed"
        for part in ("requirements", "installer", "hashes")
    },
    "dataset.source": "test_run_settings.py::test_credentials_of_kaggle_reach_file_and_training_and_no_log",
    "dataset.secrets": "test_run_rights.py::test_secrets_reach_the_training_and_nothing_else",
    "dataset.kaggle_json": "test_run_settings.py::test_credentials_of_kaggle_reach_file_and_training_and_no_log",
    "train.command": "test_run_settings.py::test_the_command_of_the_reference_document",
    "train.loop": "test_run_settings.py::test_the_command_of_the_reference_document",
    "train.env": "test_run_settings.py::test_names_folders_and_environment_reach_the_training",
    "train.timeout": "test_run_timeouts.py::test_what_takes_longer_than_it_may_is_stopped",
    "artifacts.model.name": "test_run_settings.py::test_names_folders_and_environment_reach_the_training",
    "artifacts.data.name": "test_run_settings.py::test_names_folders_and_environment_reach_the_training",
    "artifacts.logs.name": "test_run_artifacts.py::test_state_and_logs_lie_where_the_settings_say",
    **{
        f"artifacts.{part}.path": "test_run_artifacts.py::test_state_and_logs_lie_where_the_settings_say"
        for part in PARTS
    },
    "artifacts.model.retention": "test_run_artifacts.py::test_each_artifact_is_kept_its_own_time_and_then_gone",
    "artifacts.data.retention": "test_run_artifacts.py::test_each_artifact_is_kept_its_own_time_and_then_gone",
    "artifacts.logs.retention": "test_run_artifacts.py::test_without_summary_there_is_none",
    "artifacts.extra": "test_run_artifacts.py::test_each_artifact_is_kept_its_own_time_and_then_gone",
    "fanout.members": "test_run_settings.py::test_three_members_train_side_by_side_and_one_job_merges",
    "fanout.merge": "test_run_settings.py::test_three_members_train_side_by_side_and_one_job_merges",
    "notify.issue": "test_run_settings.py::test_failure_and_recovery_are_told",
    "notify.webhook": "test_run_settings.py::test_failure_and_recovery_are_told",
    "notify.command": "test_run_settings.py::test_failure_and_recovery_are_told",
    "notify.on": "test_run_settings.py::test_completion_alone_is_told_where_that_is_wanted",
    **{
        f"steps.{at}_{part}": "test_run_artifacts.py::test_steps_run_in_their_six_places"
        for at in ("before", "after")
        for part in ("restore", "train", "upload")
    },
    "jobs": "test_run_settings.py::test_extra_steps_and_jobs_run_in_their_places",
}
# What GitHub does before a run begins; one test shows that it keeps none from running.
SHOWS_NOTHING = {
    "schedule.timezone": "It decides when GitHub starts a run; nothing here starts one by the clock.",
}


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse((TESTS / file).read_text(encoding="utf-8"))


def words(node: ast.AST) -> Iterator[str]:
    """Every text, and every name of an argument, below a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield from inner.value.split()
            yield inner.value
        if isinstance(inner, ast.keyword) and inner.arg:
            yield inner.arg


def set_in(file: str, test: str) -> set[str]:
    """The words of a test and of the constants it names."""
    body = parsed(file).body
    (function,) = (
        node for node in body if isinstance(node, ast.FunctionDef) and node.name == test
    )
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    constants = (
        node
        for node in body
        if isinstance(node, ast.Assign)
        and used & {getattr(to, "id", "") for to in node.targets}
    )
    return {word for node in (function, *constants) for word in words(node)}


def test_every_setting_is_run_or_has_a_reason_why_not() -> None:
    assert set(SHOWN_BY) | set(SHOWS_NOTHING) == {option.key for option in OPTIONS}
    assert not set(SHOWN_BY) & set(SHOWS_NOTHING)


@pytest.mark.parametrize("key", SHOWN_BY)
def test_the_run_that_shows_a_setting_sets_it(key: str) -> None:
    file, _, test = SHOWN_BY[key].partition("::")
    assert any(
        "pytest.mark.act" in ast.unparse(node)
        for node in parsed(file).body
        if isinstance(node, ast.Assign)
    )
    # `wfgen.toml` in a test holds keys such as `ci.lint = ...`.
    assert key in set_in(file, test)


@pytest.mark.parametrize("key", SHOWS_NOTHING)
def test_a_setting_that_shows_nothing_keeps_nothing_from_running(key: str) -> None:
    assert key in set_in(
        "test_run_settings.py", "test_a_queue_and_a_time_zone_keep_nothing_from_running"
    )
