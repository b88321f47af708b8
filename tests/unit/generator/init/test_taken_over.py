"""What of a workflow that trains already goes into the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.cli import main
from generator.config.options import BY_KEY
from generator.config.settings import Settings, load
from generator.process import SystemRunner

WORKFLOW = """
name: Nightly
on:
  schedule: [{cron: "17 3 * * MON"}]
env:
  REGION: eu
jobs:
  retrain:
    runs-on: ubuntu-latest
    env:
      LEVEL: 3
      DEBUG: true
      WHERE: ${{ github.ref_name }}
    steps:
      - uses: actions/setup-python@v5
        with: {python-version: "3.11"}
      - run: TRAIN
        env:
          API_KEY: ${{ secrets.API_KEY }}
          TOKEN: ${{ secrets.MY_TOKEN }}
          GH_TOKEN: ${{ secrets.GITHUB_TOKEN }}
      - run: git add models && git commit -m model && git push
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / ".github/workflows").mkdir(parents=True)
    SystemRunner().run(["git", "init", "-q", "-b", "main"], cwd=root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "cache"))
    return root


def settle(root: Path, command: str, cron: str = "17 3 * * MON") -> Settings:
    text = WORKFLOW.replace("TRAIN", command).replace("17 3 * * MON", cron)
    (root / ".github/workflows/nightly.yml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["init"])
    assert ended.value.code == 0
    return load(root, {})


def get(settings: Settings, key: str) -> object:
    return settings[BY_KEY[key]]


def test_schedule_python_secrets_and_variables_are_taken(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settle(here, "python train.py")
    assert get(settings, "schedule.cron") == ("17 3 * * MON",)
    assert get(settings, "python") == "3.11"
    assert get(settings, "dataset.secrets") == ("API_KEY", "TOKEN")
    assert get(settings, "train.env") == {"REGION": "eu", "LEVEL": "3", "DEBUG": "true"}
    assert get(settings, "state_paths") == ("models",)
    out = capsys.readouterr().out
    assert "the secret MY_TOKEN was read as TOKEN: set TOKEN" in out
    assert "the variable WHERE is worked out by an expression" in out
    assert "gh workflow disable nightly.yml" in out
    assert "gh secret set API_KEY" in out


@pytest.mark.parametrize(
    ("cron", "retention", "store"),
    [
        ("17 3 * * *", 5, "artifact"),
        ("17 3 * * MON", 15, "artifact"),
        ("17 3 1 * *", 63, "artifact"),
        ("17 3 1 1 *", 5, "release"),
    ],
)
def test_the_state_outlives_a_missed_run(
    cron: str, retention: int, store: str, here: Path
) -> None:
    settings = settle(here, "python train.py", cron)
    assert (get(settings, "retention"), get(settings, "store")) == (retention, store)


@pytest.mark.parametrize(
    ("command", "setup"),
    [
        ("uv run python train.py", "python -m pip install uv"),
        (
            "poetry run python train.py",
            "python -m pip install poetry\npoetry install --no-interaction",
        ),
    ],
)
def test_the_tool_that_starts_it_is_installed(
    command: str, setup: str, here: Path
) -> None:
    settings = settle(here, command)
    assert get(settings, "train.command") == command
    assert get(settings, "install.requirements") == ""
    assert get(settings, "steps.before_train") == ({"name": "Install", "run": setup},)
