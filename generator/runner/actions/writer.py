"""Writes the folders that act takes for actions: an `action.yml` whose one step runs our stand-in."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What `-I` needs on its path to import this package, under whatever name it is installed.
_PACKAGE_PARENT = Path(__file__).parents[__name__.count(".")]


@dataclass(frozen=True, slots=True)
class StandIn:
    """One action that wfgen can stand in for: its module, inputs with their defaults, and outputs.

    `function` of the module is its main part, `post` (empty: none) what it does after
    the job's steps.
    """

    module: str
    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    function: str = "main"
    post: str = ""


_CACHE_INPUTS = {"path": "", "key": "", "enableCrossOsArchive": "false"}
_RESTORE_INPUTS = {
    **_CACHE_INPUTS,
    "restore-keys": "",
    "fail-on-cache-miss": "false",
    "lookup-only": "false",
}
_RESTORE_OUTPUTS = ("cache-hit", "cache-primary-key", "cache-matched-key")

# By "owner/name", or "owner/name/path" for an action in a folder of its repository.
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
    "actions/cache": StandIn(
        "cache",
        {**_RESTORE_INPUTS, "upload-chunk-size": "", "save-always": "false"},
        ("cache-hit",),
        post="post_main",
    ),
    "actions/cache/restore": StandIn(
        "cache", _RESTORE_INPUTS, _RESTORE_OUTPUTS, "restore_main"
    ),
    "actions/cache/save": StandIn(
        "cache", {**_CACHE_INPUTS, "upload-chunk-size": ""}, (), "save_main"
    ),
}


def write_stand_ins(
    repository: str,
    folder: Path,
    variables: Mapping[str, str],
    *,
    node: bool,
    python: str = sys.executable,
) -> Path:
    """Write the folder that stands in for a repository of actions ("actions/cache").

    Give it back.

    `variables` reach the stand-in and no other step; `python` runs it. An action that
    has something to do after the job's steps needs `node`, as act calls no other kind
    again; without it that part is left out.
    """
    for name, stand_in in STAND_INS.items():
        if name == repository or name.startswith(f"{repository}/"):
            target = folder / name.removeprefix(repository).strip("/")
            target.mkdir(parents=True, exist_ok=True)
            if stand_in.post and node:
                described = _with_post(name, stand_in, target, variables, python)
            else:
                described = _composite(name, stand_in, variables, python)
            # JSON is YAML, and quotes whatever the paths hold.
            (target / "action.yml").write_text(
                json.dumps(described, indent=2), encoding="utf-8"
            )
    return folder


def _script(stand_in: StandIn, function: str) -> str:
    return (
        "import sys\n"
        f"sys.path.insert(0, {str(_PACKAGE_PARENT)!r})\n"
        f"from {__package__}.{stand_in.module} import {function}\n"
        f"sys.exit({function}())\n"
    )


def _head(name: str, stand_in: StandIn) -> dict[str, Any]:
    return {
        "name": f"Stand-in for {name}",
        "description": "Written by wfgen for one run.",
        "inputs": {
            key: {"description": key, "default": default}
            for key, default in stand_in.inputs.items()
        },
    }


def _composite(
    name: str, stand_in: StandIn, variables: Mapping[str, str], python: str
) -> dict[str, Any]:
    step = {
        "id": "stand-in",
        "name": f"Stand-in for {name}",
        # -I and -S: nothing of the job's environment, and no package, changes what runs here.
        "shell": f"{shlex.quote(python)} -I -S {{0}}",
        "env": {"WFGEN_INPUTS": "${{ toJSON(inputs) }}", **variables},
        "run": _script(stand_in, stand_in.function),
    }
    outputs = {
        key: {"description": key, "value": f"${{{{ steps.stand-in.outputs.{key} }}}}"}
        for key in stand_in.outputs
    }
    return {
        **_head(name, stand_in),
        "outputs": outputs,
        "runs": {"using": "composite", "steps": [step]},
    }


def _with_post(
    name: str,
    stand_in: StandIn,
    folder: Path,
    variables: Mapping[str, str],
    python: str,
) -> dict[str, Any]:
    """A node action whose two scripts do nothing but start Python."""
    for part, function in (("main", stand_in.function), ("post", stand_in.post)):
        arguments = json.dumps(["-I", "-S", "-c", _script(stand_in, function)])
        environment = f"{{...process.env, ...{json.dumps(dict(variables))}}}"
        call = f"spawnSync({json.dumps(python)}, {arguments}, {{stdio: 'inherit', env: {environment}}})"
        (folder / f"{part}.js").write_text(
            f"const {{spawnSync}} = require('node:child_process');\nprocess.exit({call}.status ?? 1);\n",
            encoding="utf-8",
        )
    outputs = {key: {"description": key} for key in stand_in.outputs}
    runs = {
        "using": "node20",
        "main": "main.js",
        "post": "post.js",
        "post-if": "success()",
    }
    return {**_head(name, stand_in), "outputs": outputs, "runs": runs}
