"""What each setting changes in what is rendered, as a file: tests/golden/settings/KEY.diff.

`GOLDEN=write pytest tests/unit/generator/rendering/test_golden.py` writes them anew.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

import pytest

from generator.config.options import OPTIONS
from generator.config.settings import load
from generator.rendering.render import render_all

GOLDEN = Path(__file__).parents[3] / "golden" / "settings"
SHA = "0" * 40
STEP = [{"name": "An extra step", "run": "make extra"}]
# A value of each setting other than its default; settings that only show along with
# another bring it.
EXAMPLES: dict[str, dict[str, object]] = {
    "name": {"name": "Learn, day by day"},
    "workflow": {"workflow": "learn.yml"},
    "branches": {"branches": ["main", "release/*"]},
    "iterations": {"iterations": 5},
    "retention": {"retention": 7},
    "python": {"python": "3.13"},
    "runner": {"runner": ["self-hosted", "gpu"]},
    "timeout": {"timeout": 90},
    "environment": {"environment": "production"},
    "concurrency": {"concurrency": "queue"},
    "permissions": {"permissions": {"issues": "write"}},
    "store": {"store": "release"},
    "state_paths": {"state_paths": ["models/*.joblib", "data/seen.json"]},
    "read_only_cache": {"read_only_cache": True},
    "summary": {"summary": False},
    "templates_dir": {"templates_dir": "templates"},
    "workflows.ci": {"workflows.ci": True},
    "workflows.keepalive": {"workflows.keepalive": True},
    "workflows.watchdog": {"workflows.watchdog": True},
    "ci.lint": {"workflows.ci": True, "ci.lint": "ruff check ."},
    "ci.test": {"workflows.ci": True, "ci.test": "make test"},
    "ci.wfgen": {"workflows.ci": True, "ci.wfgen": "."},
    "triggers.push": {"triggers.push": False},
    "triggers.pull_request": {"triggers.pull_request": False},
    "triggers.schedule": {"triggers.schedule": False},
    "triggers.dispatch": {"triggers.dispatch": False},
    "schedule.cron": {"schedule.cron": ["0 0 * * *", "30 12 * * MON"]},
    "schedule.timezone": {"schedule.timezone": "Europe/Berlin"},
    "install.requirements": {"install.requirements": ""},
    "install.installer": {"install.installer": "uv"},
    "install.hashes": {"install.hashes": True},
    "dataset.source": {"dataset.source": "kaggle"},
    "dataset.secrets": {
        "dataset.source": "own",
        "dataset.secrets": ["S3_ID", "S3_KEY"],
    },
    "dataset.kaggle_json": {"dataset.source": "kaggle", "dataset.kaggle_json": True},
    "train.command": {"train.command": 'python src/run.py -mode "update"'},
    "train.loop": {"train.loop": "each"},
    "train.env": {"train.env": {"DEPTH": "3"}},
    "train.timeout": {"train.timeout": 30},
    "fanout.members": {"fanout.members": 2, "fanout.merge": "python merge.py"},
    "fanout.merge": {
        "fanout.members": 3,
        "fanout.merge": "python merge.py\npython check.py",
    },
    "notify.issue": {"notify.issue": True},
    "notify.webhook": {"notify.webhook": "SLACK_WEBHOOK"},
    "notify.command": {"notify.command": 'mail -s "$EVENT" us@localhost < /dev/null'},
    "notify.on": {"notify.issue": True, "notify.on": ["completion"]},
    "artifacts.extra": {
        "artifacts.extra": [{"name": "plots", "path": "out/*.png", "retention": 2}]
    },
    "jobs": {"jobs": {"report": {"needs": "train", "steps": STEP}}},
    **{
        f"artifacts.{part}.name": {f"artifacts.{part}.name": "other"}
        for part in ("model", "data", "logs")
    },
    **{
        f"artifacts.{part}.path": {f"artifacts.{part}.path": "out/x"}
        for part in ("model", "data", "logs")
    },
    **{
        f"artifacts.{part}.retention": {f"artifacts.{part}.retention": 30}
        for part in ("model", "data", "logs")
    },
    **{
        f"steps.{at}_{part}": {f"steps.{at}_{part}": STEP}
        for at in ("before", "after")
        for part in ("restore", "train", "upload")
    },
}


def bodies(values: dict[str, object]) -> dict[str, str]:
    """What is rendered, by path, without the headers: those change with every setting.

    New scripts are only named.
    """
    settings = load(
        GOLDEN.parent, {}, {key: (key, value) for key, value in values.items()}
    )
    files = {
        file.path: file.text.split("\n", 2)[2]
        for file in render_all(settings, GOLDEN.parent)
    }
    return {
        path: text if path.endswith(".yml") else f"({path})\n"
        for path, text in files.items()
    }


def difference(values: dict[str, object]) -> str:
    before, after = bodies({}), bodies(values)
    lines: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = (
            side.get(path, "").splitlines(keepends=True) for side in (before, after)
        )
        lines += unified_diff(
            old, new, path if old else "/dev/null", path if new else "/dev/null", n=1
        )
    return "".join(lines)


def test_every_setting_has_an_example() -> None:
    assert set(EXAMPLES) == {option.key for option in OPTIONS}


@pytest.mark.parametrize("key", EXAMPLES)
def test_what_a_setting_changes(key: str) -> None:
    found = difference(EXAMPLES[key])
    assert found, "this setting changes nothing"
    golden = GOLDEN / f"{key}.diff"
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == found


# Behind the test that writes them.
def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.diff")} == set(EXAMPLES)
