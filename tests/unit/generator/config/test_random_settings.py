"""Any valid settings render to workflows that every tool accepts without a finding.

Those are the schema, act, jactionlint and zizmor.

Hypothesis makes 300 settings with texts as nasty as they are allowed to be; the tools
then look at all of them at once.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from generator.checks.external import act, jactionlint, zizmor
from generator.checks.external.tool import Tool, ToolCall
from generator.checks.registry import run_rules
from generator.config.settings import Settings, load
from generator.errors import SettingsError
from generator.findings import Finding
from generator.process import SystemRunner, find_tool
from generator.rendering.render import render_all
from generator.workflow.source import parse_yaml

EXAMPLES = 300
SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
NASTY = [
    "${{ secrets.KAGGLE_KEY }}",
    "${{ github.event.issue.title }}",
    "${{",
    "}}",
    "# not a comment",
    "a: b",
    "- item",
    "'",
    '"',
    "\\",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "&& touch pwned",
    "größe ☃ 🙂",
    "on",
    "010",
    "null",
    "%s {} <%= name %>",
    "EOF",
]
WORDS = st.lists(st.sampled_from([*NASTY, "model", "a b"]), min_size=1, max_size=3).map(
    " ".join
)
LINES = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)
PLAIN = WORDS.map(lambda text: text.replace("${{", ""))
NAMES = WORDS.map(lambda text: re.sub(r'[":<>|*?\\/]', "", text).strip()).filter(bool)
PATHS = st.lists(
    WORDS.map(
        lambda text: re.sub(r"[\\/~*?\[\]!]|^[#-]", "", text).strip(" -#.")
    ).filter(bool),
    min_size=1,
    max_size=3,
).map("/".join)
BRANCHES = st.sampled_from(
    [
        "main",
        "release/*",
        "Pre-Release",
        "my-release",
        "größe",
        "a#b",
        "it's",
        'say"so"',
        "$HOME",
        "a&b;c",
        "x{y}",
        "v1.x",
    ]
)
CRONS = st.sampled_from(
    ["17 3 * * *", "*/15 2-4 * * MON-FRI", "0 0 1,15 JAN *", "5/20 * * * 0"]
)
SECRETS = st.sampled_from(["KAGGLE_USERNAME", "KAGGLE_KEY", "TOKEN_OF_S3", "my_secret"])
DAYS = st.integers(1, 90)
EXPRESSION = st.sampled_from(
    ["${{ runner.temp }}", "${{ github.sha }}", "plain # text", "a: 'b'"]
)
STEP = st.one_of(
    st.fixed_dictionaries(
        {"run": LINES.map(lambda text: "echo '" + re.sub(r"['$`\\]", "", text) + "'")},
        optional={
            "name": WORDS.map(lambda text: text.replace("${{", "")),
            "env": st.fixed_dictionaries({"A": EXPRESSION}),
        },
    ),
    st.fixed_dictionaries(
        {
            "uses": st.just(f"actions/checkout@{SHA}"),
            "with": st.just({"persist-credentials": False, "path": "x"}),
        }
    ),
)
STEPS = st.lists(STEP, max_size=2)
JOBS = st.dictionaries(
    st.sampled_from(["lint", "report", "after_all"]),
    st.fixed_dictionaries(
        {"steps": st.lists(STEP, min_size=1, max_size=2)},
        optional={"needs": st.just("train")},
    ),
    max_size=2,
)
EXTRA = st.lists(
    st.fixed_dictionaries({"name": NAMES, "path": PATHS}, optional={"retention": DAYS}),
    max_size=2,
    unique_by=str,
)
ARTIFACTS: dict[str, st.SearchStrategy[Any]] = {}
for part in ("model", "data", "logs"):
    ARTIFACTS |= {
        f"artifacts.{part}.name": NAMES,
        f"artifacts.{part}.path": PATHS,
        f"artifacts.{part}.retention": DAYS,
    }
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "name": PLAIN,
    "workflow": st.sampled_from(["train.yml", "learn.yaml", "a-b.c.yml"]),
    "branches": st.lists(BRANCHES, min_size=1, max_size=3, unique=True),
    "iterations": st.integers(1, 10_000),
    "retention": DAYS,
    "python": st.sampled_from(["3.12", "3.13.1", "pypy3.11"]),
    "runner": st.sampled_from(
        [["ubuntu-24.04"], ["self-hosted", "linux", "x64"], ["self-hosted", "a b #'c"]]
    ),
    "timeout": st.integers(1, 7200),
    "environment": WORDS,
    "concurrency": st.sampled_from(["single", "queue"]),
    "permissions": st.dictionaries(
        st.sampled_from(["issues", "contents", "pull-requests", "checks"]),
        st.sampled_from(["read", "write"]),
        max_size=2,
    ),
    "store": st.sampled_from(["artifact", "artifact", "release", "branch", "cache"]),
    "summary": st.booleans(),
    "triggers.push": st.booleans(),
    "triggers.pull_request": st.booleans(),
    "triggers.schedule": st.booleans(),
    "triggers.dispatch": st.booleans(),
    "schedule.cron": st.lists(CRONS, min_size=1, max_size=3, unique=True),
    "schedule.timezone": st.sampled_from(
        ["", "Europe/Berlin", "America/Argentina/Buenos_Aires"]
    ),
    "install.requirements": st.one_of(st.just(""), PATHS),
    "install.installer": st.sampled_from(["pip", "uv"]),
    "install.hashes": st.booleans(),
    "dataset.source": st.sampled_from(["sample", "kaggle", "own"]),
    "dataset.secrets": st.lists(SECRETS, max_size=2, unique=True),
    "dataset.kaggle_json": st.booleans(),
    "train.command": LINES.map(
        lambda text: "python train.py <<'STOP'\n" + text.replace("${{", "") + "\nSTOP"
    ),
    "train.loop": st.sampled_from(["once", "each"]),
    "train.env": st.dictionaries(
        st.sampled_from(["A", "MODEL_NAME", "x1"]), LINES, max_size=2
    ),
    "train.timeout": st.integers(1, 360),
    "workflows.ci": st.sampled_from([False, False, False, True]),
    "workflows.keepalive": st.sampled_from([False, False, False, True]),
    "workflows.watchdog": st.sampled_from([False, False, False, True]),
    "ci.lint": st.sampled_from(["", "ruff check ."]),
    "ci.wfgen": st.one_of(
        st.just("."), WORDS.filter(lambda text: not text.startswith("-"))
    ),
    "fanout.members": st.sampled_from([0, 0, 0, 2, 5]),
    "fanout.merge": st.just("python merge.py"),
    "notify.issue": st.booleans(),
    "notify.webhook": st.sampled_from(["", "SLACK_WEBHOOK"]),
    "notify.command": st.sampled_from(["", 'curl --data "$EVENT" "$RUN_URL"']),
    "notify.on": st.lists(
        st.sampled_from(["failure", "recovery", "completion"]), min_size=1, unique=True
    ),
    "artifacts.extra": EXTRA,
    "jobs": JOBS,
    **{
        f"steps.{at}_{what}": STEPS
        for at in ("before", "after")
        for what in ("restore", "train", "upload")
    },
    **ARTIFACTS,
}
SETTINGS = st.fixed_dictionaries({}, optional=OPTIONAL)


def loaded(values: dict[str, object]) -> Settings:
    return load(
        Path("nowhere"), {}, {key: (key, value) for key, value in values.items()}
    )


def render_examples(root: Path) -> Path:
    """The folder with the workflows of all examples."""
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True)
    made: list[Settings] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SETTINGS)
    def fill(values: dict[str, object]) -> None:
        try:
            found = loaded(values)
        except SettingsError:
            reject()
        for file in render_all(found, root):
            if file.path.endswith((".yml", ".yaml")):
                name = f"{len(made):03}-{Path(file.path).name}"
                (folder / name).write_text(file.text, encoding="utf-8")
        made.append(found)

    fill()
    assert len(made) >= EXAMPLES
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def tool(name: str) -> Path:
    found = find_tool(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_every_tool_accepts_every_rendering(tmp_path: Path) -> None:
    # One test, for the workers of a test session would make the examples once each.
    folder = render_examples(tmp_path / "all")
    for path in files(folder):
        workflow = parse_yaml(path.read_text(encoding="utf-8"), path)
        assert run_rules(workflow) == []
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    runner = SystemRunner()

    def find_faults(checker: Tool, paths: list[Path]) -> list[Finding]:
        call = ToolCall(tool(checker.name), tmp_path, runner, env)
        return list(checker.check(call, paths))

    assert find_faults(jactionlint.TOOL, files(folder)) == []
    assert find_faults(zizmor.TOOL, files(folder)) == []
    # act knows no `queue`; `wfgen run` gives it an act-compatible copy.
    readable = tmp_path / "readable"
    readable.mkdir()
    for path in files(folder):
        text = path.read_text(encoding="utf-8")
        if "\n  queue: max\n" not in text:
            (readable / path.name).write_text(text, encoding="utf-8")
    assert len(files(readable)) > EXAMPLES / 3
    assert find_faults(act.TOOL, [readable]) == []
