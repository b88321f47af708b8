"""Every setting there is: its key, what it takes, its default and one sentence about it.

This table is all there is to know about a setting: files, environment, flags, `wfgen
settings`, the published JSON schema and `docs/settings.md` are made from it.
"""

from __future__ import annotations

from typing import NamedTuple

from . import text_types as texts
from .types import Choice, Kind, Several, Switch, Table, Whole, WithinError
from .workflow_types import EXTRA_ARTIFACTS, JOBS, PERMISSIONS, STEPS

DAYS = Whole(1, 90)
MINUTES = Whole(1, 7200)


class Option(NamedTuple):
    """One setting. `key` is dotted: all but the last part are tables of the file."""

    key: str
    kind: Kind
    default: object
    about: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "WFGEN_" + self.key.upper().replace(".", "_")


class OrInherit(Kind):
    """A value of another kind, or nothing written, which is None: the setting inherits."""

    def __init__(self, of: Kind) -> None:
        self.of = of
        self.noun = of.noun

    def parse(self, value: object) -> object:
        """As the other kind does; None stays."""
        return None if value is None else self.of.parse(value)

    def from_text(self, text: str) -> object:
        """As the other kind does; an empty text inherits."""
        return self.of.from_text(text) if text else None

    def schema(self) -> dict[str, object]:
        """Of the other kind: a TOML file says nothing by leaving the key out."""
        return self.of.schema()


class Variables(Table):
    """Environment variables, none of which looks like a credential."""

    def parse(self, value: object) -> dict[str, object]:
        """A mapping; values that belong into a secret are refused."""
        variables = super().parse(value)
        for name in variables:
            if name in {"TRAINING_ITERATIONS", "MEMBER", "MEMBERS"}:
                raise WithinError(
                    name,
                    f"{name} is what a run is told by its input, its variables and the settings",
                )
            if texts.names_a_credential(name):
                raise WithinError(
                    name,
                    f"{name} looks like a secret: store it as one and name it in dataset.secrets",
                )
        return variables


def _artifact(part: str, name: str, path: str, what: str) -> tuple[Option, ...]:
    return (
        Option(
            f"artifacts.{part}.name",
            texts.ARTIFACT,
            name,
            f"The artifact that holds {what}.",
        ),
        Option(
            f"artifacts.{part}.path", texts.FOLDER, path, f"The folder with {what}."
        ),
        Option(
            f"artifacts.{part}.retention",
            OrInherit(DAYS),
            None,
            f"Days to keep {what}; else `retention`.",
        ),
    )


OPTIONS: tuple[Option, ...] = (
    Option(
        "name",
        texts.NAME,
        "Incremental training",
        "The workflow's name, as GitHub lists it.",
    ),
    Option(
        "workflow",
        texts.WORKFLOW_FILE,
        "train.yml",
        "The file written below `.github/workflows/`.",
    ),
    Option(
        "branches",
        Several(texts.BRANCH, 1),
        ("main",),
        "Branches whose pushes and pull requests train.",
    ),
    Option(
        "iterations",
        Whole(1, 10_000),
        3,
        "Training iterations of a run, unless a run or a variable says else.",
    ),
    Option("retention", DAYS, 5, "Days that GitHub keeps the artifacts."),
    Option("python", texts.PYTHON, "3.12", "The Python that trains."),
    Option(
        "runner",
        Several(texts.LABEL, 1),
        ("ubuntu-latest",),
        "Labels of the runner that trains.",
    ),
    Option("timeout", MINUTES, 60, "Minutes after which the job is stopped."),
    Option(
        "environment",
        texts.OPTIONAL_NAME,
        "",
        "The GitHub environment the job runs in, for its secrets and rules.",
    ),
    Option(
        "concurrency",
        Choice("single", "queue"),
        "single",
        "Waiting runs of a branch: `single` keeps the newest, `queue` keeps up to 100 in order.",
    ),
    Option(
        "permissions",
        PERMISSIONS,
        {},
        "Rights of the job's token beyond reading contents and actions.",
    ),
    Option(
        "store",
        Choice("artifact", "release", "branch", "cache"),
        "artifact",
        "Where the state is kept: artifacts expire, a release and a branch do not, a cache does after 7 idle days.",
    ),
    Option(
        "summary",
        Switch(),
        True,
        "Say in the run's summary where its state came from and how long it is kept.",
    ),
    Option(
        "templates_dir",
        texts.OPTIONAL_FILE,
        "",
        "A folder of your own templates, which may extend wfgen's.",
    ),
    Option(
        "workflows.ci",
        Switch(),
        False,
        "Also write `ci.yml`: lint, test, and hold the rendered files to the settings.",
    ),
    Option(
        "workflows.keepalive",
        Switch(),
        False,
        "Also write `keepalive.yml`, for GitHub switches schedules off after 60 quiet days.",
    ),
    Option("ci.lint", texts.OPTIONAL_SCRIPT, "", "What `ci.yml` lints with."),
    Option(
        "ci.test",
        texts.SCRIPT,
        "python -m pip install pytest\npython -m pytest",
        "What `ci.yml` tests with.",
    ),
    Option(
        "ci.wfgen",
        texts.REQUIREMENT,
        "wfgen",
        "What `ci.yml` gives pip to install wfgen.",
    ),
    Option("triggers.push", Switch(), True, "Train on a push to one of the branches."),
    Option(
        "triggers.pull_request",
        Switch(),
        True,
        "Train on a pull request as a trial that changes no state.",
    ),
    Option("triggers.schedule", Switch(), True, "Train on the schedule."),
    Option(
        "triggers.dispatch",
        Switch(),
        True,
        "Train by hand, with the number of iterations as an input.",
    ),
    Option(
        "schedule.cron",
        Several(texts.CRON, 1),
        ("17 0 * * *",),
        "When the schedule trains, UTC unless a zone is set.",
    ),
    Option(
        "schedule.timezone",
        texts.OPTIONAL_TIMEZONE,
        "",
        "The IANA time zone of the cron lines.",
    ),
    Option(
        "install.requirements",
        texts.OPTIONAL_FILE,
        "requirements.txt",
        "What is installed before training; pip's cache is used unless a branch has `release` in its name.",
    ),
    Option("install.installer", Choice("pip", "uv"), "pip", "What installs it."),
    Option("install.hashes", Switch(), False, "Refuse a requirement without a hash."),
    Option(
        "dataset.source",
        Choice("sample", "kaggle", "own"),
        "sample",
        "Where the rows come from.",
    ),
    Option(
        "dataset.secrets",
        Several(texts.SECRET),
        (),
        "Secrets the training gets as environment variables.",
    ),
    Option(
        "dataset.kaggle_json",
        Switch(),
        False,
        "Write `~/.kaggle/kaggle.json` (mode 600) for clients that want it.",
    ),
    Option(
        "train.command",
        texts.SCRIPT,
        'python -m pipeline update --iterations "$TRAINING_ITERATIONS"',
        "The training, as a shell script; `$TRAINING_ITERATIONS` is the number of iterations.",
    ),
    Option(
        "train.loop",
        Choice("once", "each"),
        "once",
        "`once`: the command does all iterations itself; `each`: it is started once an iteration.",
    ),
    Option(
        "train.env",
        Variables(texts.VARIABLE, texts.LITERAL),
        {},
        "Environment variables of the training, as they are.",
    ),
    Option(
        "train.timeout",
        OrInherit(MINUTES),
        None,
        "Minutes after which the training step is stopped.",
    ),
    *_artifact("model", "model-state", "runtime/model/", "the model"),
    *_artifact("data", "data-state", "runtime/data/", "how far the data was learnt"),
    *_artifact("logs", "training-logs", "runtime/logs/", "the logs"),
    Option(
        "fanout.members",
        Whole(0, 64),
        0,
        "Train this many members side by side, each told `$MEMBER` and `$MEMBERS`; 0: one training.",
    ),
    Option(
        "fanout.merge",
        texts.OPTIONAL_SCRIPT,
        "",
        "The script that makes one state of `runtime/members/N/model` and `runtime/members/N/data`.",
    ),
    Option(
        "notify.issue",
        Switch(),
        False,
        "Keep one GitHub issue open while runs of a branch fail.",
    ),
    Option(
        "notify.webhook",
        texts.OPTIONAL_SECRET,
        "",
        "The secret with the address of a Slack-compatible webhook.",
    ),
    Option(
        "notify.command",
        texts.OPTIONAL_SCRIPT,
        "",
        "A script that is told `$EVENT` and `$RUN_URL`.",
    ),
    Option(
        "notify.on",
        Several(Choice("failure", "recovery", "completion"), 1),
        ("failure", "recovery"),
        "What to tell: a failure, a success after a failure, any other success.",
    ),
    Option(
        "artifacts.extra",
        EXTRA_ARTIFACTS,
        (),
        "More artifacts: tables of name, path and retention.",
    ),
    Option("steps.before_restore", STEPS, (), "Steps before the state is looked for."),
    Option("steps.after_restore", STEPS, (), "Steps after the state was restored."),
    Option("steps.before_train", STEPS, (), "Steps right before the training."),
    Option("steps.after_train", STEPS, (), "Steps right after the training."),
    Option("steps.before_upload", STEPS, (), "Steps before the state is uploaded."),
    Option("steps.after_upload", STEPS, (), "Steps after everything was uploaded."),
    Option("jobs", JOBS, {}, "More jobs of the workflow, as GitHub writes them."),
)

BY_KEY = {option.key: option for option in OPTIONS}
