"""The actions that wfgen can stand in for: a new one is one module and one row here.

Inputs, their defaults and outputs are those of each action's own `action.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandIn:
    """One action: its module, its inputs with their defaults, and its outputs.

    `function` of the module is its main part. `post_function` is called after the job's
    steps; empty is none.
    """

    module: str
    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    function: str = "main"
    post_function: str = ""


_CACHE_INPUTS = {"path": "", "key": "", "enableCrossOsArchive": "false"}
_RESTORE_INPUTS = {
    **_CACHE_INPUTS,
    "restore-keys": "",
    "fail-on-cache-miss": "false",
    "lookup-only": "false",
}
_RESTORE_OUTPUTS = ("cache-hit", "cache-primary-key", "cache-matched-key")

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
        post_function="post_main",
    ),
    "actions/cache/restore": StandIn(
        "cache", _RESTORE_INPUTS, _RESTORE_OUTPUTS, "restore_main"
    ),
    "actions/cache/save": StandIn(
        "cache", {**_CACHE_INPUTS, "upload-chunk-size": ""}, (), "save_main"
    ),
}
"""By "owner/name", or "owner/name/path" for an action in a folder of its repository."""


def list_stand_ins(repository: str) -> dict[str, StandIn]:
    """List the stand-ins for the actions in a repository, by their folder in it."""
    stand_ins = {}
    for name, stand_in in STAND_INS.items():
        if name == repository or name.startswith(f"{repository}/"):
            folder = name.removeprefix(repository).strip("/")
            stand_ins[folder] = stand_in
    return stand_ins
