"""Typed clients, unmodified: what they are answered parses into their own models."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.github.core.models import Step
from tests.judges.install import PYTHON, is_locked

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin

ROOT = Path(__file__).parents[2]
# How many calls each makes: fewer would be passed over without a word.
CALLS = {"githubkit": 62, "PyGithub": 47, "github3.py": 31, "ghapi": 14}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("client", CALLS)
def test_every_call_parses(
    client: str, local_github: LocalGitHub, begin: Begin, tmp_path: Path
) -> None:
    if not is_locked(PYTHON, "requirements.txt"):
        pytest.skip(f"{client} is not there: `make judges` installs it")
    run = begin()
    run.upload("state", b"x")
    run.save_cache("deps", b"x")
    local_github.record_job(run.run_id, "train", "success", [Step("T", "success", 1.0)])
    process = subprocess.run(
        [
            PYTHON / "bin" / "python",
            ROOT / "tests" / "judges" / "drive_clients.py",
            client,
            local_github.url,
            local_github.create_owner_token(),
            str(run.run_id),
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    outcome: dict[str, str] = json.loads(process.stdout.splitlines()[-1])
    failed = {call: error for call, error in outcome.items() if error}
    assert not failed, "\n".join(f"{call}: {error}" for call, error in failed.items())
    calls = [call for call in outcome if not call.startswith("keep.")]
    assert len(calls) == CALLS[client]
