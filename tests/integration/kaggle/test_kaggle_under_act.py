"""The reference document's own way to Kaggle, and each login, under act, from push to fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator.kaggle.catalog import Account
from generator.runner.models import Conclusion

if TYPE_CHECKING:
    from tests.integration.conftest import Project
    from tests.integration.kaggle.conftest import Plan

pytestmark = pytest.mark.act
USER, KEY = "somebody", "0123456789abcdef-the-key"
TOKEN = "KGAT_fedcba9876543210-the-token"
WFGEN = [sys.executable, "-m", "wfgen_actions.generator"]
# The steps' own Python lacks the client: it is the one of these tests.
CLIENT = Path(sys.executable).parent / "kaggle"
WORKFLOW = f"""
on: [push, pull_request, schedule]
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - name: Configure Kaggle API
        env:
          KAGGLE_USERNAME: ${{{{ secrets.KAGGLE_USERNAME }}}}
          KAGGLE_KEY: ${{{{ secrets.KAGGLE_KEY }}}}
        run: |
          mkdir -p ~/.kaggle
          cd ~/.kaggle
          echo "{{\\"username\\":\\"$KAGGLE_USERNAME\\",\\"key\\":\\"$KAGGLE_KEY\\"}}" > kaggle.json
          chmod 600 ~/.kaggle/kaggle.json
      - name: Train
        run: |
          stat -c %a ~/.kaggle/kaggle.json
          {CLIENT} datasets download somebody/rows --unzip && wc -l rows.csv
"""
TOKEN_WORKFLOW = f"""
on: [push]
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - env:
          KAGGLE_API_TOKEN: ${{{{ secrets.KAGGLE_API_TOKEN }}}}
          KAGGLE_USERNAME: ${{{{ secrets.KAGGLE_USERNAME }}}}
          KAGGLE_KEY: ${{{{ secrets.KAGGLE_KEY }}}}
        run: {CLIENT} datasets download somebody/rows --unzip && wc -l rows.csv
"""


def find_in_files(root: Path, secrets: tuple[str, ...]) -> list[Path]:
    """Files below a folder that hold one of the secrets."""
    found = []
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if any(secret.encode() in content for secret in secrets):
                found.append(path)
    return found


def test_the_reference_workflow_downloads_from_push_and_not_from_a_fork(
    bare: Project, plan: Plan
) -> None:
    plan.kaggle.service.catalog.accounts[:] = [Account(USER, KEY)]
    bare.write(".github/workflows/train.yml", WORKFLOW)
    bare.commit()
    given: dict[str, Any] = {
        "environment": plan.kaggle.make_environment({}),
        "secrets": {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY},
    }
    for event in ("push", "schedule"):
        result = bare.run(event, **given)
        lines = bare.list_output(result)
        assert result.conclusion is Conclusion.SUCCESS, lines
        assert "600" in lines
        assert any("301 rows.csv" in line for line in lines)
    calls = plan.called_names.count("DownloadDataset")
    fork = bare.run("pull_request", from_fork=True, **given)
    assert fork.conclusion is Conclusion.FAILURE
    assert plan.called_names.count("storage") == calls
    assert not find_in_files(bare.root, (KEY,))


@pytest.mark.parametrize(
    "secrets",
    [
        {"KAGGLE_API_TOKEN": TOKEN},
        pytest.param(
            {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}, marks=pytest.mark.bench
        ),
    ],
    ids=["token", "key"],
)
def test_each_login_works_by_the_command_line(
    bare: Project, plan: Plan, tmp_path: Path, secrets: dict[str, str]
) -> None:
    (plan.folder / "kaggle.toml").write_text(
        f'[accounts.{USER}]\nkey = "{KEY}"\ntoken = "{TOKEN}"\n', "utf-8"
    )
    bare.write(".github/workflows/train.yml", TOKEN_WORKFLOW)
    bare.commit()
    argv = [*WFGEN, "run", "--kaggle", str(plan.folder), "--actions", "stand-in"]
    for name in (*secrets, "KAGGLE_TOKN"):
        argv += ["--secret", name]
    argv += ["--verbose", "-C", str(bare.root)]
    environ = {**os.environ, "HOME": str(tmp_path), "KAGGLE_TOKN": "x", **secrets}
    # Those of this test lead to its own local Kaggle.
    for name in plan.kaggle.make_environment({}):
        environ.pop(name, None)
    done = subprocess.run(
        argv, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "301 rows.csv" in done.stdout
    assert "warning: the workflow reads no secret KAGGLE_TOKN" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert not find_in_files(bare.root, (KEY, TOKEN))


def test_a_pull_request_from_a_fork_passes_without_a_warning(bare: Project) -> None:
    bare.render(**{"dataset.source": "kaggle"})
    bare.commit()
    result = bare.run("pull_request", from_fork=True)
    lines = bare.list_output(result)
    assert result.conclusion is Conclusion.SUCCESS, lines
    assert [note for note in result.annotations if note.level == "warning"] == []
