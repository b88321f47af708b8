"""Text of all planes on every way into a run, and what act says when nothing begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
WFGEN = [sys.executable, "-m", "wfgen_actions.generator"]
TEXT = "\U0001f600 \u00fc\u2028\x85\x7f\t\\ud83d '\" $x"
ASKING = """
name: "W \U0001f600"
on:
  workflow_dispatch: {inputs: {given: {type: string}}}
jobs:
  a:
    name: "job \U0001f600"
    runs-on: ubuntu-latest
    env:
      INPUT: ${{ inputs.given }}
      VARIABLE: ${{ vars.GIVEN }}
      BRANCH: ${{ github.ref_name }}
      LENGTH_OF_SECRET: ${{ secrets.GIVEN }}
    steps:
      - name: "step \U0001f600"
        run: |
          python - <<'END'
          import json, os
          names = ("INPUT", "VARIABLE", "RUNNER_VARIABLE", "BRANCH")
          print(json.dumps({name: os.environ[name] for name in names}))
          print(len(os.environ["LENGTH_OF_SECRET"]))
          END
"""


def wfgen(
    project: Project, *words: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WFGEN, "run", "w.yml", *words],
        cwd=project.root,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_text_of_every_plane_arrives(project: Project) -> None:
    project.write(".github/workflows/w.yml", ASKING)
    done = wfgen(
        project,
        *("--event", "workflow_dispatch", "--branch", "b-\U0001f600", "--json"),
        *("--input", f"given={TEXT}", "--var", f"GIVEN={TEXT}"),
        *("--env", f"RUNNER_VARIABLE={TEXT}", "--secret", "GIVEN"),
        env={"GIVEN": TEXT},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    log = project.root / ".wfgen/logs"
    text = next(log.glob("*.jsonl")).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    said = [line["msg"] for line in lines if line.get("raw_output")]
    # The secret has the text of the others, which is masked in all of them.
    assert json.loads(said[0]) == {
        "INPUT": "***",
        "VARIABLE": "***",
        "RUNNER_VARIABLE": "***",
        "BRANCH": "b-\U0001f600",
    }
    assert said[1].strip() == str(len(TEXT))
    (job,) = json.loads(done.stdout)["jobs"]
    assert (job["name"], job["steps"][0]["name"]) == (
        "job \U0001f600",
        "step \U0001f600",
    )


@pytest.mark.parametrize("option", ["--var", "--env", "--input", "--secret"])
def test_bytes_that_are_no_text_are_refused(project: Project, option: str) -> None:
    project.write(".github/workflows/w.yml", ASKING)
    done = wfgen(project, "--event", "workflow_dispatch", option, "GIVEN=a\udcffb")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option} GIVEN holds bytes that are not UTF-8" in done.stderr


def test_what_act_says_before_the_first_step_is_told_everywhere(
    project: Project,
) -> None:
    text = "on: push\njobs: {a: {runs-on: x, nonsense-hush: 1, steps: [{run: x}]}}\n"
    project.write(".github/workflows/w.yml", text)
    shown = wfgen(project, "--secret", "S=hush")
    assert shown.returncode == 1
    assert "act: Error: workflow is not valid" in shown.stdout
    assert "Unknown Property nonsense-***" in shown.stdout
    told = json.loads(wfgen(project, "--json", "--secret", "S=hush").stdout)
    assert "Unknown Property nonsense-***" in told["problem"]
    for log in (project.root / ".wfgen/logs").glob("*.jsonl"):
        assert "Unknown Property nonsense-***" in log.read_text(encoding="utf-8")
        assert "hush" not in log.read_text(encoding="utf-8")


HOSTILE = "x\x1b]0;OWNED\x07\x1b[2J\x9b31m\u202e"
SHOUTING = r"""
name: NAME
on: push
jobs:
  a:
    name: NAME
    runs-on: ubuntu-latest
    outputs: {o: "${{ steps.s.outputs.o }}"}
    steps:
      - name: NAME
        id: s
        run: |
          printf '::notice::\033[2Jann%%0A::error::inner\n::group::g\033]0;OWNED\007\n'
          printf 'out \033]0;OWNED\007 \033[2J ##[error]v1\n  ::add-mask::masked\n'
          echo "o=$(printf 'a\033[2J')" >> "$GITHUB_OUTPUT"
          exit 1
"""


@pytest.mark.parametrize("in_step", [True, False])
def test_names_and_output_of_strangers_do_nothing_to_a_terminal(
    project: Project, in_step: bool
) -> None:
    name = json.dumps(HOSTILE + "\n::error::from-a-name\n##[error]x")
    project.write(".github/workflows/w.yml", SHOUTING.replace("NAME", name))
    env = {"GITHUB_ACTIONS": "true"} if in_step else {}
    for words in (["--verbose"], [], ["--json"]):
        done = wfgen(project, *words, env=env)
        assert done.returncode == 1
        said = done.stdout + done.stderr
        assert "OWNED" in said
        for sign in ("\x1b", "\x07", "\x9b", "\u202e", "\r"):
            assert sign not in said, (words, sign)
        if in_step:
            assert "##[" not in said
            lines = said.splitlines()
            assert not [line for line in lines if line.lstrip().startswith("::")]
    listed = subprocess.run(
        [*WFGEN, "runs"], cwd=project.root, capture_output=True, text=True, check=True
    )
    assert "\x1b" not in listed.stdout
