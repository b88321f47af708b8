"""Writes the folders that act takes for actions: an `action.yml` whose one step runs our stand-in."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class StandIn:
    """One action that wfgen can stand in for: its module, inputs with their defaults, and outputs."""

    module: str
    inputs: Mapping[str, str]
    outputs: tuple[str, ...]


STAND_INS: Mapping[str, StandIn] = {
    "actions/checkout": StandIn(
        "checkout",
        {
            "repository": "${{ github.repository }}",
            "ref": "",
            "token": "${{ github.token }}",
            "path": "",
            "persist-credentials": "true",
            "fetch-depth": "1",
            "fetch-tags": "false",
            "clean": "true",
            "submodules": "false",
            "lfs": "false",
            "sparse-checkout": "",
            "show-progress": "true",
            "set-safe-directory": "true",
        },
        ("ref", "commit"),
    ),
    "actions/setup-python": StandIn(
        "setup_python",
        {
            "python-version": "",
            "python-version-file": "",
            "cache": "",
            "cache-dependency-path": "",
            "architecture": "",
            "check-latest": "false",
            "token": "",
            "update-environment": "true",
            "allow-prereleases": "false",
            "freethreaded": "false",
            "pip-version": "",
        },
        ("python-version", "cache-hit", "python-path"),
    ),
    "actions/upload-artifact": StandIn(
        "upload_artifact",
        {
            "name": "artifact",
            "path": "",
            "if-no-files-found": "warn",
            "retention-days": "",
            "compression-level": "6",
            "overwrite": "false",
            "include-hidden-files": "false",
            "archive": "true",
        },
        ("artifact-id", "artifact-url", "artifact-digest"),
    ),
    "actions/download-artifact": StandIn(
        "download_artifact",
        {
            "name": "",
            "artifact-ids": "",
            "path": "",
            "pattern": "",
            "merge-multiple": "false",
            "github-token": "",
            "repository": "${{ github.repository }}",
            "run-id": "${{ github.run_id }}",
            "skip-decompress": "false",
            "digest-mismatch": "error",
        },
        ("download-path",),
    ),
}


def write_stand_in(action: str, folder: Path, variables: Mapping[str, str], python: str = sys.executable) -> Path:
    """Write the folder that stands in for `action` ("actions/checkout"), and give it back.

    `variables` reach the stand-in and no other step; `python` runs it.
    """
    stand_in = STAND_INS[action]
    folder.mkdir(parents=True, exist_ok=True)
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(_PACKAGE_PARENT)!r})\n"
        f"from generator.runner.actions.{stand_in.module} import main\n"
        "sys.exit(main())\n"
    )
    described = {
        "name": f"Stand-in for {action}",
        "description": "Written by wfgen for one run.",
        "inputs": {name: {"description": name, "default": default} for name, default in stand_in.inputs.items()},
        "outputs": {
            name: {"description": name, "value": f"${{{{ steps.stand-in.outputs.{name} }}}}"}
            for name in stand_in.outputs
        },
        "runs": {
            "using": "composite",
            "steps": [
                {
                    "id": "stand-in",
                    "name": f"Stand-in for {action}",
                    # -I and -S: nothing of the job's environment, and no package, changes what runs here.
                    "shell": f'"{python}" -I -S {{0}}',
                    "env": {"WFGEN_INPUTS": "${{ toJSON(inputs) }}", **variables},
                    "run": script,
                }
            ],
        },
    }
    # JSON is YAML, and quotes whatever the paths hold.
    (folder / "action.yml").write_text(json.dumps(described, indent=2), encoding="utf-8")
    return folder
